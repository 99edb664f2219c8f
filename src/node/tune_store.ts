import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding, FindingStore } from '../gpu/tune.js';
import { writeAtomically } from './files.js';
import { cacheFolder } from './paths.js';

/** Keeps what the tuner found in a JSON file of the cache folder. */
export class TuneFile implements FindingStore {
  readonly #path = join(cacheFolder(), 'tune.json');

  async load(): Promise<ReadonlyMap<string, Finding>> {
    try {
      return new Map(Object.entries(JSON.parse(await readFile(this.#path, 'utf8'))));
    } catch {
      // None yet, or spoilt: it is measured again.
      return new Map();
    }
  }

  async add(found: ReadonlyMap<string, Finding>): Promise<void> {
    // Read again: another process may have added to it meanwhile.
    const all = new Map([...(await this.load()), ...found]);
    await writeAtomically(this.#path, JSON.stringify(Object.fromEntries(all), null, 1));
  }
}
