import { Inflate, zipSync } from 'fflate';
import { crc32 } from '../data/decode/crc32.js';
import { shown } from '../nn/json.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const LOCATOR64_BYTES = 20;
const END64_BYTES = 56;
const MOST_COMMENT_BYTES = 0xffff;

/** What a field of 32 or 16 bits holds where the true number stands in zip64's fields. */
const ELSEWHERE = 0xffffffff;
const ELSEWHERE16 = 0xffff;

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** A model's numbers hardly compress, and its optimizer's may all be zero. */
const MOST_TIMES = 16;
const MOST_OTHER_BYTES = 16 * 2 ** 20;

/** So much is inflated at a time, which gives at most a thousand times as much, before the cap is looked at. */
const PUSHED_BYTES = 16_384;

/** A member, as the directory has it. */
interface Member {
  readonly flags: number;
  readonly kind: number;
  readonly checksum: number;
  /** Bytes as they are stored, and as they should be when inflated. */
  readonly stored: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * A zip file in memory, of which only members asked for by their exact names are looked at. The directory at its end counts; it may lie about sizes.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export class Zip {
  readonly #name: string;
  readonly #file: Uint8Array;
  readonly #view: DataView;
  readonly #members = new Map<string, Member>();

  /** `name` is for error messages. Throws where the directory is missing, cut or names a member twice. */
  constructor(name: string, file: Uint8Array) {
    this.#name = name;
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    this.#readDirectory();
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }

  /** The names of all members. */
  names(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** A member's bytes: a view where they are stored, else inflated. Throws where they are more than `most`, damaged or encrypted. */
  read(name: string, most: number): Uint8Array {
    const member = this.#members.get(name);
    if (!member) throw this.#wrong(`it has no ${name}`);
    const { flags, kind, checksum, stored, size } = member;
    if (flags & ENCRYPTED) throw this.#wrong(`its ${name} is encrypted`);
    if (size > most) throw this.#wrong(`its ${name} has ${size} bytes, wanted at most ${most}`);
    if (size > MOST_TIMES * stored + MOST_OTHER_BYTES)
      throw this.#wrong(`its ${name} says that it has ${size} bytes in ${stored}: more than a model's numbers compress to`);
    if (kind !== STORED && kind !== DEFLATED)
      throw this.#wrong(`its ${name} is compressed by method ${kind}, wanted 0 (stored) or 8 (deflated)`);
    const packed = this.#bytesOf(name, member);
    if (kind === STORED && stored !== size) throw this.#wrong(`its ${name} is stored, with ${stored} bytes for ${size}`);
    const bytes = kind === STORED ? packed : this.#inflated(name, packed, size);
    if (crc32(bytes) !== checksum) throw this.#wrong(`the checksum of its ${name} is wrong: the file is damaged`);
    return bytes;
  }

  #wrong(found: string): Error {
    return new Error(`${this.#name}: ${found}`);
  }

  #readDirectory(): void {
    const { offset, count } = this.#directory();
    let at = offset;
    for (let i = 0; i < count; i++) {
      if (at + CENTRAL_BYTES > this.#file.length || this.#view.getUint32(at, true) !== CENTRAL) {
        throw this.#wrong(`entry ${i + 1} of ${count} of the zip's directory is not at byte ${at}: the file is damaged or cut short`);
      }
      const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map(field => this.#view.getUint16(at + field, true)) as [
        number,
        number,
        number,
      ];
      const end = at + CENTRAL_BYTES + nameBytes + extraBytes;
      if (end > this.#file.length) throw this.#wrong("the zip's directory is cut short");
      const name = this.#text(at + CENTRAL_BYTES, nameBytes);
      if (this.#members.has(name)) throw this.#wrong(`it has two members named ${shown(name)}`);
      this.#members.set(name, this.#member(at, at + CENTRAL_BYTES + nameBytes, end));
      at = end + commentBytes;
    }
  }

  /** Where the directory begins, and how many entries it has: from the record that ends the file, but for a comment. */
  #directory(): { readonly offset: number; readonly count: number } {
    const last = this.#file.length - END_BYTES;
    for (let at = last; at >= 0 && at >= last - MOST_COMMENT_BYTES; at--) {
      if (this.#view.getUint32(at, true) !== END) continue;
      const [disk, firstDisk, here, count] = [4, 6, 8, 10].map(field => this.#view.getUint16(at + field, true));
      const offset = this.#view.getUint32(at + 16, true);
      if (count === ELSEWHERE16 || offset === ELSEWHERE) return this.#directory64(at);
      if (disk !== 0 || firstDisk !== 0 || here !== count)
        throw this.#wrong('it is one part of a zip of several, wanted a zip in one piece');
      return { offset, count: count! };
    }
    throw this.#wrong('it begins as a zip and has no directory at its end: it may be cut short');
  }

  #directory64(end: number): { readonly offset: number; readonly count: number } {
    const locator = end - LOCATOR64_BYTES;
    const at = locator >= 0 && this.#view.getUint32(locator, true) === LOCATOR64 ? this.#long(locator + 8) : -1;
    if (at < 0 || at + END64_BYTES > this.#file.length || this.#view.getUint32(at, true) !== END64) {
      throw this.#wrong("the zip's 64-bit directory is not where it should be: the file is damaged");
    }
    if (
      this.#view.getUint32(at + 16, true) !== 0 ||
      this.#view.getUint32(at + 20, true) !== 0 ||
      this.#long(at + 24) !== this.#long(at + 32)
    ) {
      throw this.#wrong('it is one part of a zip of several, wanted a zip in one piece');
    }
    return { offset: this.#long(at + 48), count: this.#long(at + 32) };
  }

  /** The entry at `at`, whose extra fields lie from `extra` to `end`. */
  #member(at: number, extra: number, end: number): Member {
    const view = this.#view;
    let [stored, size, offset] = [20, 24, 42].map(field => view.getUint32(at + field, true)) as [number, number, number];
    for (let field = extra; field + 4 <= end; field += 4 + view.getUint16(field + 2, true)) {
      if (view.getUint16(field, true) !== 1) continue;
      // Zip64's field holds, in this order, only those that are not in the entry itself.
      let next = field + 4;
      const long = (): number => {
        next += 8;
        if (next > end) throw this.#wrong("the zip's directory is damaged: a field of zip64 is cut short");
        return this.#long(next - 8);
      };
      if (size === ELSEWHERE) size = long();
      if (stored === ELSEWHERE) stored = long();
      if (offset === ELSEWHERE) offset = long();
      break;
    }
    const [flags, kind] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    return { flags, kind, checksum: view.getUint32(at + 16, true), stored, size, offset };
  }

  /** The bytes of a member as they are stored, behind its own header. */
  #bytesOf(name: string, { offset, stored }: Member): Uint8Array {
    const length = this.#file.length;
    const isHeader = offset + LOCAL_BYTES <= length && this.#view.getUint32(offset, true) === LOCAL;
    if (!isHeader) throw this.#wrong(`its ${name} does not begin at byte ${offset}, as the zip's directory says: the file is damaged`);
    const nameBytes = this.#view.getUint16(offset + 26, true);
    const begin = offset + LOCAL_BYTES + nameBytes + this.#view.getUint16(offset + 28, true);
    if (this.#text(offset + LOCAL_BYTES, nameBytes) !== name) throw this.#wrong(`its ${name} has another name than in the zip's directory`);
    if (begin + stored > length)
      throw this.#wrong(`its ${name} should end at byte ${begin + stored} of ${length}: the file is damaged or cut short`);
    return this.#file.subarray(begin, begin + stored);
  }

  #inflated(name: string, packed: Uint8Array, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    let filled = 0;
    const inflate = new Inflate(chunk => {
      if (filled + chunk.length > size)
        throw this.#wrong(`its ${name} inflates to more than the ${size} bytes that the zip's directory says`);
      bytes.set(chunk, filled);
      filled += chunk.length;
    });
    try {
      for (let at = 0; at < packed.length; at += PUSHED_BYTES) {
        inflate.push(packed.subarray(at, at + PUSHED_BYTES), at + PUSHED_BYTES >= packed.length);
      }
    } catch (error) {
      const { message } = error as Error;
      throw message.startsWith(this.#name) ? error : this.#wrong(`its ${name} can't be inflated (${message}): the file is damaged`);
    }
    if (filled < size) throw this.#wrong(`its ${name} inflates to ${filled} bytes, wanted the ${size} that the zip's directory says`);
    return bytes;
  }

  #text(at: number, length: number): string {
    return new TextDecoder().decode(this.#file.subarray(at, at + length));
  }

  /** A number of 64 bits; what no file reaches is as good as any other such number. */
  #long(at: number): number {
    return at >= 0 && at + 8 <= this.#file.length ? Number(this.#view.getBigUint64(at, true)) : Number.MAX_SAFE_INTEGER;
  }
}

/** A zip of these members, stored, in this order. All have the first time that a zip can say, so that the same members give the same bytes. */
export function writeZip(members: readonly (readonly [string, Uint8Array])[]): Uint8Array<ArrayBuffer> {
  return zipSync(Object.fromEntries(members), { level: 0, mtime: new Date(1980, 0, 1) }) as Uint8Array<ArrayBuffer>;
}
