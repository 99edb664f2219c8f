import { access, constants, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Checkpoint, type Extra, readCheckpoint, writeCheckpoint } from '../formats/checkpoint.js';
import { NotFiniteError } from '../nn/finite.js';
import type { Sequential } from '../nn/model.js';
import { writeError } from './errors.js';
import { readWhole } from './read.js';

/** Writes a file so that a crash leaves the old one or the new one, never half of either: under another name, synced, then renamed. */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await makeFolder(dirname(path));
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw writeError(path, error);
  }
}

/** Saves a compiled model: see writeCheckpoint(). */
export async function saveCheckpoint(path: string, model: Sequential, extra: Extra = {}): Promise<void> {
  const content = await writeCheckpoint(model, extra).catch(error => {
    if (!(error instanceof NotFiniteError)) throw error;
    throw new NotFiniteError(`${path} is not written: ${error.message}`, { cause: error });
  });
  await writeAtomically(path, content);
}

/**
 * Makes a folder and those above it that are missing. Unlike mkdir's `recursive` it ends where a system says of a folder that is there that it is not,
 * as Linux does when something is made in /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const isFolder = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
    if (await isFolder(folder)) return;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || (await isFolder(dirname(folder)))) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

/** Makes a folder if it isn't there, and sees that files can be made in it: before hours of work, not after. */
export async function ensureWritable(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** Loads a checkpoint, or a safetensors file with the face-mask network's weights. */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const file = await readWhole(path).catch((error: Error) => {
    throw new Error(`cannot read ${path}: ${error.message}`, { cause: error });
  });
  return readCheckpoint(path, file);
}
