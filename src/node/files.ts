import { existsSync } from 'node:fs';
import { access, constants, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Checkpoint, writeCheckpoint } from '../formats/checkpoint.js';
import { setHdf5Worker } from '../formats/hdf5/worker_door.js';
import type { Extra, OpenOptions } from '../formats/model_file.js';
import { openModel } from '../formats/open.js';
import { openInto } from '../formats/open_into.js';
import type { Model } from '../nn/base_model.js';
import { NotFiniteError } from '../nn/finite.js';
import { writeError } from './errors.js';
import { startHdf5Thread } from './hdf5.js';
import { pathSource } from './model_source.js';
import { isRunning, place } from './processes.js';

setHdf5Worker(startHdf5Thread);

let writes = 0;

/** What a file or folder is named until it is whole: by the process that writes it, so that one that died can be told. */
export function temporaryName(folder: string): string {
  writes += 1;
  return join(folder, `.tmp-${process.pid}-${place}-${writes}`);
}

const TEMPORARY = /^\.tmp-(\d+)-([0-9a-f]{8})-\d+$/;

/** Those of other machines, whose processes can't be looked for, are taken for left behind after this long. */
const ABANDONED_MS = 24 * 3_600_000;

/** Removes what processes that died while they wrote have left in a folder. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid, where] = TEMPORARY.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(folder, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity);
    const isAlive = isRunning({ pid: Number(pid), place: where! }) ?? age < ABANDONED_MS;
    if (!isAlive) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Writes a file so that a crash, also of the machine, leaves the old one or the new one, never half of either: under another name, synced, then renamed,
 * and the folder synced where the system can do that.
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryName(folder);
  try {
    await makeFolder(folder);
    await refuseDevice(path);
    const file = await open(temporary, 'wx');
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
  await syncFolder(folder).catch(() => {});
}

/** Throws where a device or a pipe is at a path: a file that takes its name would end it for every program, as root may. */
async function refuseDevice(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile() && !found.isDirectory()) throw new Error('it is a device or a pipe, wanted a file');
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Saves a compiled model: see writeCheckpoint(). */
export async function saveCheckpoint(path: string, model: Model, extra: Extra = {}): Promise<void> {
  const file = await writeCheckpoint(model, extra).catch((error: Error) => {
    if (!(error instanceof NotFiniteError)) throw error;
    throw new NotFiniteError(`${path} is not written: ${error.message}`, { cause: error });
  });
  await writeAtomically(path, file);
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
    // What is there may be no file, but a link that leads nowhere or in a circle.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') await stat(folder);
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

/** Throws where a file is there already, unless it may be written over. `instead`: what else to do. */
export function checkFree(path: string, overwrite: boolean | undefined, instead = 'give another name'): void {
  if (!overwrite && existsSync(path)) throw new Error(`${path} is there already: ${instead}, or write over it by --overwrite`);
}

/** Loads a checkpoint, a safetensors file with the face-mask network's weights, or another program's model: see openModel(). */
export async function loadCheckpoint(path: string, options: OpenOptions = {}): Promise<Checkpoint> {
  return openModel(await pathSource(path), options);
}

/** Loads a model's file; one that has weights alone for the network of another file: see openInto(). */
export const loadInto = (path: string, network: string | undefined): Promise<Checkpoint> => openInto(pathSource, path, network);
