import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { HttpError } from '../engine/http_error.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wgsl': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.safetensors': 'application/octet-stream',
};

export interface ServedFile {
  readonly type: string;
  readonly content: Buffer;
}

/**
 * The parts of a request's path, decoded. Throws where one could lead elsewhere than down: a dot segment, a separator or NUL in a name, also encoded.
 */
export function pathParts(path: string): string[] {
  const parts = path.split('/').slice(1).map(decoded);
  const isHostile = (part: string): boolean => part === '.' || part === '..' || /[/\\\0%]/.test(part);
  if (!path.startsWith('/') || parts.some(isHostile)) throw new HttpError(400, 'the studio has no such path');
  return parts;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(400, 'the path is not encoded as it should be');
  }
}

/** Whether a real path is a folder, or lies somewhere in it. */
export const isWithin = (folder: string, path: string): boolean => path === folder || path.startsWith(folder + sep);

/** A file below a folder, by the parts of its path. Links that lead out of the folder are refused. */
export async function fileBelow(folder: string, parts: readonly string[]): Promise<ServedFile> {
  const path = join(folder, ...parts);
  const missing = new HttpError(404, `there is no ${parts.join('/')}`);
  const type = TYPES[extname(path)];
  const [root, real] = await Promise.all([realpath(folder), realpath(path)]).catch(() => {
    throw missing;
  });
  if (!isWithin(root, real)) throw new HttpError(403, `${parts.join('/')} is a link to outside the page's files`);
  if (!type || !(await stat(real)).isFile()) throw missing;
  return { type, content: await readFile(real) };
}
