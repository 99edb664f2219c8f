import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Checkpoint, type Extra, readCheckpoint, writeCheckpoint } from '../formats/checkpoint.js';
import type { Sequential } from '../nn/model.js';

/** Writes a file so that a crash leaves the old one or the new one, never half of either: under another name, synced, then renamed. */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOSPC: 'the disk is full',
      EACCES: 'writing there is not permitted',
      EROFS: 'the disk is read-only',
    };
    throw new Error(`cannot write ${path}: ${reasons[code ?? ''] ?? message}`, { cause: error });
  }
}

/** Saves a compiled model: see writeCheckpoint(). */
export async function saveCheckpoint(path: string, model: Sequential, extra: Extra = {}): Promise<void> {
  await writeAtomically(path, await writeCheckpoint(model, extra));
}

/** Loads a checkpoint, or a safetensors file with the face-mask network's weights. */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  let file: Uint8Array;
  try {
    file = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: 'it does not exist',
      EISDIR: 'it is a folder',
      EACCES: 'reading it is not permitted',
    };
    throw new Error(`cannot read ${path}: ${reasons[code ?? ''] ?? message}`, { cause: error });
  }
  return readCheckpoint(path, file);
}
