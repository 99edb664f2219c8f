import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { shown } from '../nn/json.js';
import { writeError } from './errors.js';
import { makeFolder, syncFolder, temporaryName } from './files.js';

/**
 * Writes a folder of files so that a crash leaves all of the old ones or all of the new ones: under another name, each synced, then renamed. What is there
 * goes; so a folder with anything in it that `isReplaced` does not know, or a file, stays as it is and an error says so.
 */
export async function writeFolder(
  path: string,
  files: ReadonlyMap<string, Uint8Array>,
  isReplaced: (name: string) => boolean,
): Promise<void> {
  const parent = dirname(path);
  const temporary = temporaryName(parent);
  try {
    await makeFolder(parent);
    const isThere = await checkReplaceable(path, isReplaced);
    await mkdir(temporary);
    for (const [name, bytes] of files) await writeSynced(join(temporary, name), bytes);
    await syncFolder(temporary).catch(() => {});
    if (isThere) await exchange(path, temporary);
    else await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw writeError(path, error);
  }
  await syncFolder(parent).catch(() => {});
}

/** Whether a folder is there that may be replaced. */
async function checkReplaceable(path: string, isReplaced: (name: string) => boolean): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return false;
  if (!found.isDirectory()) throw new Error('it is a file, wanted the name of a folder');
  // What runs in it would go on in one that is gone.
  const below = relative(resolve(path), process.cwd());
  if (!below.startsWith('..') && !isAbsolute(below)) throw new Error('the program runs in that folder: give the name of one in it');
  const other = (await readdir(path)).find(name => !isReplaced(name));
  if (other !== undefined) throw new Error(`the folder holds ${shown(other)} too, which is not part of a model: give another name`);
  return true;
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** No system renames a folder over one with files: the old one goes out of the way first, and comes back where the new one can't take its place. */
async function exchange(path: string, by: string): Promise<void> {
  const old = temporaryName(dirname(path));
  await rename(path, old);
  try {
    await rename(by, path);
  } catch (error) {
    await rename(old, path);
    throw error;
  }
  await rm(old, { recursive: true, force: true }).catch(() => {});
}
