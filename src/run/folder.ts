import { type Dirent, existsSync } from 'node:fs';
import { link, readdir, readFile, realpath, rename, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { ensureWritable, removeAbandoned } from '../node/files.js';
import { checkpointTarget, checkTarget } from '../node/model_files.js';
import { note } from '../node/terminal.js';
import { exampleName, isNamedBy } from './checkpoint_template.js';
import { FolderLock } from './lock.js';
import { LAST, LEFT_BEHIND } from './names.js';

export interface FolderOptions {
  readonly out: string;
  /** See checkpointTemplate(). */
  readonly checkpoint?: string | undefined;
  readonly resume?: string | undefined;
  /** Whether another run's files may be written over. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Makes a run's folder its own: no other run writes there until the lock is released. Throws where another run is at work there, or has left what this
 * one would write over.
 */
export async function takeFolder({ out, checkpoint, resume, overwrite }: FolderOptions): Promise<FolderLock> {
  await ensureWritable(out);
  const lock = await FolderLock.take(out);
  try {
    const found = overwrite || (await isIn(out, resume)) ? undefined : await leftBehind(out, checkpoint);
    if (found !== undefined) {
      const [what, goOn] = found === LAST ? ['checkpoint', 'go on with it by --resume, '] : ['file', ''];
      throw new Error(`${out} has a run's ${what}, ${join(out, found)}: ${goOn}write over it by --overwrite, or give another --out`);
    }
    await removeAbandoned(out);
    if (checkpoint !== undefined) await readyBest(out, checkpoint);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Does a run's work while its folder is its own: see takeFolder(). */
export async function inFolder(options: FolderOptions, work: () => Promise<void>): Promise<void> {
  const lock = await takeFolder(options);
  try {
    await work();
  } finally {
    await lock.release();
  }
}

/** The name of a file within a folder that a run has left there, and that another would write over. */
async function leftBehind(out: string, checkpoint: string | undefined): Promise<string | undefined> {
  const found = LEFT_BEHIND.find(name => existsSync(join(out, name)));
  if (found !== undefined || checkpoint === undefined) return found;
  const folder = dirname(exampleName(checkpoint));
  const entries = await readdir(join(out, folder), { withFileTypes: true }).catch(() => []);
  // Models of TensorFlow.js are folders; any other in a file's place is told as what it is, later.
  const isModel = (entry: Dirent): boolean => entry.isFile() || existsSync(join(out, folder, entry.name, 'model.json'));
  const best = entries.find(entry => isNamedBy(basename(checkpoint), entry.name) && isModel(entry));
  return best && join(folder, best.name);
}

/** Makes the folder of the best epochs' files, where it is the same for all of them. */
async function readyBest(out: string, checkpoint: string): Promise<void> {
  const best = join(out, exampleName(checkpoint));
  if (!dirname(checkpoint).includes('{')) await ensureWritable(dirname(best));
  await removeAbandoned(dirname(best));
  await checkTarget(checkpointTarget(best), true).catch((error: Error) => {
    throw new Error(`--checkpoint is ${checkpoint}: ${error.message}`, { cause: error });
  });
}

/** Whether a checkpoint is one of the run whose folder it is. */
async function isIn(folder: string, file: string | undefined): Promise<boolean> {
  if (file === undefined) return false;
  const path = relative(await realpath(folder), await realpath(dirname(file)));
  // On Windows, from one drive to another it is the whole path.
  return !isAbsolute(path) && !/^\.\.($|[\\/])/.test(path);
}

/**
 * Keeps a folder's last checkpoint by another name, before a run that goes on from another file, such as a best epoch's, writes over it: it may have more
 * epochs than that. A second name needs no room on the disk, and leaves no moment without the first.
 */
export async function keepLater(last: string, resume: string): Promise<void> {
  const [now, before] = await Promise.all([last, resume].map(path => readFile(path).catch(() => undefined)));
  if (!now || (before && now.equals(before))) return;
  const kept = last.replace(/\.safetensors$/, `-${(await stat(last)).mtime.toISOString().replaceAll(/\D/g, '').slice(0, 14)}$&`);
  if (existsSync(kept)) return;
  await link(last, kept).catch(() => rename(last, kept));
  note(`${last} was another than ${resume}: it is kept as ${kept}`);
}
