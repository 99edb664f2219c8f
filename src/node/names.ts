import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Bytes of names that are not UTF-8, as lone surrogates. */
const ESCAPED = /([\udc80-\udcff])/u;

/** A file's name as Python's os.fsdecode gives it: each byte that is no UTF-8, as in names of old archives, is a lone surrogate from U+DC80 to U+DCFF. */
export function nameFromBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let name = '';
  for (let at = 0; at < buffer.length; ) {
    const length = [1, 2, 3, 4].find(count => at + count <= buffer.length && isUtf8(buffer.subarray(at, at + count)));
    name += length ? buffer.toString('utf8', at, at + length) : String.fromCharCode(0xdc00 + buffer[at]!);
    at += length ?? 1;
  }
  return name;
}

/** A path for the file system: bytes where its names are not UTF-8. */
export function pathToOpen(path: string): string | Buffer {
  if (!ESCAPED.test(path)) return path;
  const parts = path.split(ESCAPED);
  return Buffer.concat(parts.map((part, i) => (i % 2 === 1 ? Buffer.of(part.charCodeAt(0) & 0xff) : Buffer.from(part))));
}

/** What Node puts in place of bytes that are no UTF-8. */
const LOST = '\ufffd';

/** The paths that a command's argument may mean: Node gives arguments as text, in which bytes that are no UTF-8 are lost. */
async function pathsMeant(argument: string): Promise<string[]> {
  if (!argument.includes(LOST)) return [argument];
  const found: string[] = [];
  for (const folder of await pathsMeant(dirname(argument))) {
    const names = await readdir(pathToOpen(folder), { encoding: 'buffer' }).catch(() => []);
    for (const name of names.sort(Buffer.compare)) {
      if (name.toString('utf8') === basename(argument)) found.push(join(folder, nameFromBytes(name)));
    }
  }
  return found;
}

/** Paths for a command's arguments. Those that lost bytes are looked for; where as many are found as were given, as by a shell's pattern, they are those. */
export async function pathsOfArguments(given: readonly string[]): Promise<string[]> {
  const meant = new Map<string, string[]>();
  for (const argument of new Set(given)) {
    const found = await pathsMeant(argument);
    if (found.length === given.filter(each => each === argument).length) meant.set(argument, found);
  }
  return given.map(argument => (argument.includes(LOST) && meant.get(argument)?.shift()) || argument);
}
