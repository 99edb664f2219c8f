import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding, FindingStore } from '../gpu/tune.js';
import { removeAbandoned, writeAtomically } from './files.js';
import { cacheFolder } from './paths.js';

/** Keeps what the tuner found in a JSON file of the cache folder. */
export class TuneFile implements FindingStore {
  readonly #path = join(cacheFolder(), 'tune.json');
  #warn: ((message: string) => void) | undefined;

  /** `warn` is told, once, where nothing can be kept: then it is measured again in the next run. */
  constructor(warn: (message: string) => void = message => process.emitWarning(message)) {
    this.#warn = warn;
  }

  /** What is no finding is left out, and measured again: the file may be spoilt, or of another version. */
  async load(): Promise<ReadonlyMap<string, Finding>> {
    try {
      const stored: unknown = JSON.parse(await readFile(this.#path, 'utf8'));
      return new Map(Object.entries(stored as object).filter((entry): entry is [string, Finding] => isFinding(entry[1])));
    } catch {
      return new Map();
    }
  }

  async add(found: ReadonlyMap<string, Finding>): Promise<void> {
    // Read again: another process may have added to it meanwhile.
    const all = new Map([...(await this.load()), ...found]);
    try {
      await removeAbandoned(dirname(this.#path));
      await writeAtomically(this.#path, JSON.stringify(Object.fromEntries(all), null, 1));
    } catch (error) {
      this.#warn?.(
        `${(error as Error).message}. What the tuner found is used now and measured again in the next run; WGRAD_CACHE names another folder.`,
      );
      this.#warn = undefined;
    }
  }
}

function isFinding(value: unknown): value is Finding {
  const { variant, ms } = (value ?? {}) as Partial<Record<keyof Finding, unknown>>;
  return typeof variant === 'string' && typeof ms === 'object' && ms !== null && Object.values(ms).every(each => typeof each === 'number');
}
