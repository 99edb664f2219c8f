import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { kindOfEnding } from '../../formats/endings.js';
import { pastRunOf } from '../engine/past_run.js';
import type { PastRun } from '../protocol.js';
import { isWithin } from './files.js';

/** Folders below the folder of runs in which runs are looked for: out, out/NAME and out/NAME/NAME. */
const DEPTH = 2;

/** No history is nearly as large: such a file is something else. */
const MOST_BYTES = 16 * 2 ** 20;

/** The runs whose history.json lies in a folder or up to two levels below it, newest first. Folders that can't be read have none. */
export async function pastRuns(folder: string, depth = DEPTH): Promise<PastRun[]> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined) return [];
  const runs: PastRun[] = [];
  const visit = async (path: string, left: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    if (entries.some(entry => entry.isFile() && entry.name === 'history.json')) {
      const checkpoints = await modelsIn(path, entries);
      const run = await readRun(join(path, 'history.json')).catch(() => undefined);
      if (run) {
        runs.push({
          ...run,
          name: relative(root, path).split(sep).join('/') || '.',
          checkpoints: checkpoints.sort().map(name => join(folder, relative(root, path), name)),
        });
      }
    }
    if (left === 0) return;
    // Links are not followed: they could lead anywhere.
    for (const entry of entries) if (entry.isDirectory()) await visit(join(path, entry.name), left - 1);
  };
  await visit(root, depth);
  return runs.sort((a, b) => (b.date ?? '').localeCompare(a.date ?? ''));
}

/** Names of the models in a folder: files by how their names end, which are read by what they hold, and folders by the names in them. */
async function modelsIn(folder: string, entries: readonly Dirent[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of entries) {
    const kind = kindOfEnding(entry.name);
    const isFile = entry.isFile() && kind !== undefined && kind !== 'onnx' && !entry.name.startsWith('.');
    if (isFile || (entry.isDirectory() && (await isModelFolder(join(folder, entry.name))))) found.push(entry.name);
  }
  return found;
}

const isModelFolder = async (path: string): Promise<boolean> =>
  (await readdir(path).catch(() => [])).some(name => name === 'saved_model.pb' || name === 'model.json');

async function readRun(path: string): Promise<ReturnType<typeof pastRunOf>> {
  const { size } = await stat(path);
  return size > MOST_BYTES ? undefined : pastRunOf(await readFile(path, 'utf8'));
}

/** Whether a path that may not exist yet lies in a folder, links of what exists of it followed. */
export async function liesIn(folder: string, path: string): Promise<boolean> {
  const [root, real] = [await existing(folder), await existing(path)];
  return isWithin(root, real);
}

/** A path with the links of its existing part followed. */
async function existing(path: string): Promise<string> {
  const found = await realpath(path).catch(() => undefined);
  if (found !== undefined) return found;
  const parent = join(path, '..');
  return parent === path ? path : join(await existing(parent), relative(parent, path));
}
