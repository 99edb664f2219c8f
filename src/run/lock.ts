import { readFileSync, unlinkSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeError } from '../node/errors.js';
import { isRunning, type ProcessId, thisProcess } from '../node/processes.js';
import { LOCK_NAME } from './names.js';

/** What a lock file says of the process that holds it, as JSON. */
interface Holder extends ProcessId {
  readonly host: string;
  readonly since: string;
}

/** A lock is touched this often while it is held … */
const TOUCH_MS = 20_000;

/** … so that one of another machine, whose processes can't be looked for, is given up after this long. */
const SILENT_MS = 120_000;

/** How long a holder may take to write what it is, after it has made the file. */
const WRITING_MS = 5_000;

/** A lock that comes and goes is looked at so often, with so long between. */
const MOST_ATTEMPTS = 150;
const ATTEMPT_MS = 50;

/** A folder that one process at a time may write to, as long as all ask for its lock. */
export class FolderLock {
  readonly #path: string;
  readonly #text: string;
  readonly #touching: NodeJS.Timeout;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
    this.#touching = setInterval(() => void this.#touch(), TOUCH_MS).unref();
    process.on('exit', this.#onExit);
  }

  /** Takes the lock of a folder that is there; a lock whose process has died is taken over. Throws, naming the other, where a process has it. */
  static async take(folder: string): Promise<FolderLock> {
    const path = join(folder, LOCK_NAME);
    const holder: Holder = { ...thisProcess, host: hostname(), since: new Date().toISOString() };
    const text = JSON.stringify(holder);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      try {
        await writeFile(path, text, { flag: 'wx' });
        return new FolderLock(path, text);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(path, error);
      }
      const found = await readLock(path);
      const other = found && parse(found.text);
      if (!found || (other === undefined && found.age < WRITING_MS)) await sleep(ATTEMPT_MS);
      else if (other === undefined || !(isRunning(other) ?? found.age < SILENT_MS)) await remove(path, found.text);
      else throw new Error(`${folder} is in use by another run, ${nameOf(other)}: wait for its end, or give another --out`);
    }
    throw new Error(`${path} is there, and is not a lock that can be read: remove it, or give another --out`);
  }

  async release(): Promise<void> {
    clearInterval(this.#touching);
    process.off('exit', this.#onExit);
    if ((await readLock(this.#path))?.text === this.#text) await rm(this.#path, { force: true }).catch(() => {});
  }

  /** Where the folder was removed meanwhile and is there again, the lock is made again. */
  async #touch(): Promise<void> {
    const now = new Date();
    await utimes(this.#path, now, now).catch(() => writeFile(this.#path, this.#text, { flag: 'wx' }).catch(() => {}));
  }

  readonly #onExit = (): void => {
    try {
      if (readFileSync(this.#path, 'utf8') === this.#text) unlinkSync(this.#path);
    } catch {
      // It is gone already, or is taken over when this process is.
    }
  };
}

const nameOf = ({ pid, host, since }: Holder): string => `process ${pid} on ${host} since ${since}`;

/** A lock's text and the milliseconds since it was touched; undefined where it is gone. */
async function readLock(path: string): Promise<{ readonly text: string; readonly age: number } | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    return { text: await readFile(path, 'utf8'), age: Date.now() - mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, place, host, since } = JSON.parse(text) as Partial<Holder>;
    return Number.isSafeInteger(pid) && [place, host, since].every(each => typeof each === 'string') ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a dead process' lock. Where another has taken it over meanwhile, that one's comes back. */
async function remove(path: string, text: string): Promise<void> {
  const aside = `${path}.${thisProcess.place}-${process.pid}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== text) await rename(aside, path);
    else await rm(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw writeError(path, error);
  }
}
