import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { plain } from '../data/plain.js';
import type { ModelSource } from '../formats/model_file.js';
import { shown } from '../nn/json.js';
import { pathToOpen } from './names.js';
import { readWhole } from './read.js';

/** A path within a folder: plain names with '/' between them. */
const isInside = (path: string): boolean => !/[\\:]/.test(path) && path.split('/').every(name => !['', '.', '..'].includes(name));

/** Where a model is read from, at a path. Nothing outside a folder is read, nor by its links; of a file's folder its neighbours. */
export async function pathSource(path: string): Promise<ModelSource> {
  const isFolder = (await stat(pathToOpen(path)).catch(() => undefined))?.isDirectory() ?? false;
  const folder = isFolder ? path : dirname(path);
  const read = (file: string): Promise<Buffer> =>
    readWhole(file).catch((error: Error) => {
      throw new Error(`cannot read ${file}: ${error.message}`, { cause: error });
    });
  return {
    name: plain(path),
    isFolder,
    names: async () => (isFolder ? (await readdir(pathToOpen(path), 'utf8')).sort() : []),
    async read(inner) {
      if (inner === undefined) return read(path);
      if (!isInside(inner)) throw new Error(`${plain(path)} names ${shown(inner)}, wanted the name of a file in its folder`);
      const file = join(folder, inner);
      const real = await realpath(file).catch(() => file);
      const inside = `${await realpath(folder)}${sep}`;
      if (real !== file && !real.startsWith(inside)) throw new Error(`${plain(path)}: ${shown(inner)} is a link out of its folder`);
      return read(file);
    },
  };
}
