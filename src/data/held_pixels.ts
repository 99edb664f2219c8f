import type { ImageTarget } from './load_file.js';
import { LoadPool, loadError } from './load_pool.js';
import type { DecodeReply, LoadReply, LoadRequest, StoreReply } from './load_worker.js';
import type { PictureFile } from './picture_file.js';
import { SharedPlaces } from './shared_places.js';

export interface HeldOptions {
  readonly paths: readonly string[];
  readonly target: ImageTarget;
  /** [files, size] in memory that threads share. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly size: number;
  /** See LoadWorkerData. */
  readonly signatures: Uint8Array<SharedArrayBuffer> | undefined;
  readonly skipBroken: boolean;
  onProgress(done: number, total: number): void;
  /** What was decoded before, where there is something. */
  readonly file: PictureFile | undefined;
  /** Makes a file to keep what took long to decode. */
  makeFile(): Promise<PictureFile | undefined>;
  /** What could not be kept. */
  onNotKept(file: PictureFile, reason: string): void;
}

/** What was decoded in less time is not kept: it would fill the disk and save nothing. */
const QUICK_MS = 1000;

/** Pictures of the cache file that are asked for, or kept, at a time. */
const TOGETHER = 64;

/** Brings all pictures into memory, and keeps in a file, while others go on, those that were decoded. */
export class HeldLoading {
  /** Why files were left out, by their place in the list. */
  readonly reasons = new Map<number, string>();
  readonly #options: HeldOptions;
  readonly #pool: LoadPool;
  #file: PictureFile | undefined;
  #givenUp: PictureFile | undefined;
  readonly #stores: LoadRequest[] = [];
  readonly #toDecode: number[] = [];
  #done = 0;
  #next = 0;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(options: HeldOptions) {
    const { paths, target, bytes, size, file, signatures } = options;
    this.#options = options;
    this.#file = file;
    this.#pool = new LoadPool({
      target,
      signatures,
      // Each picture's place is its row.
      places: new SharedPlaces(size, paths.length, [bytes]),
      file,
      held: bytes.length,
      most: paths.length,
      next: together => this.#request(together),
      onReply: reply => this.#take(reply),
      onEnd: error => this.#settle?.reject(error),
    });
    this.#toDecode = paths.flatMap((_, row) => (file?.has(row) ? [] : [row]));
    if (file) this.#store('read', row => file.has(row));
  }

  async run(): Promise<void> {
    const { paths, makeFile } = this.#options;
    const begin = performance.now();
    try {
      await this.#until(() => this.#done === paths.length);
      if (!this.#file && performance.now() - begin > QUICK_MS) {
        this.#file = await makeFile();
        if (this.#file) this.#pool.share({ what: 'file', file: this.#file.slots });
      }
    } catch (error) {
      await this.#close();
      throw error;
    }
    const keeping = this.#keep();
    // Whoever leaves out broken ones moves the others together, which are then no more where they are kept from.
    if (!this.#file || this.reasons.size > 0) await keeping;
  }

  /** Keeps the process until it is done. */
  async #keep(): Promise<void> {
    const file = this.#file;
    try {
      if (!file) return;
      this.#store('keep', row => !file.has(row) && !this.reasons.has(row));
      await this.#until(() => this.#stores.length === 0 && this.#pool.isIdle);
    } catch (error) {
      this.#options.onNotKept(file!, (error as Error).message);
    } finally {
      await this.#close();
    }
  }

  async #close(): Promise<void> {
    await this.#pool.close();
    for (const file of [this.#file, this.#givenUp]) file?.close();
  }

  /** Resolves when so much is done. */
  #until(isDone: () => boolean): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve: () => isDone() && resolve(), reject };
    });
    this.#settle!.resolve();
    this.#pool.wake();
    return this.#pool.wait(done);
  }

  #store(what: 'read' | 'keep', isMeant: (row: number) => boolean): void {
    const rows = this.#options.paths.flatMap((_, row) => (isMeant(row) ? [row] : []));
    for (let first = 0; first < rows.length; first += TOGETHER) {
      const some = rows.slice(first, first + TOGETHER);
      this.#stores.push({ what, rows: some, places: some });
    }
  }

  #request(together: number): LoadRequest | undefined {
    const stored = this.#stores.pop();
    if (stored) return stored;
    const rows = this.#toDecode.slice(this.#next, this.#next + together);
    if (rows.length === 0) return undefined;
    this.#next += rows.length;
    return { what: 'decode', rows, places: rows, paths: rows.map(row => this.#options.paths[row]!), isKept: this.#file !== undefined };
  }

  #take(reply: LoadReply): void {
    const { paths, onProgress } = this.#options;
    if (reply.notKept !== undefined) this.#notKept(reply.notKept);
    const before = this.#done;
    this.#done += reply.what === 'decode' ? this.#decoded(reply) : this.#stored(reply);
    if (this.#done > before) onProgress(this.#done, paths.length);
    this.#settle?.resolve();
  }

  #decoded({ rows, broken }: DecodeReply): number {
    const { paths, skipBroken } = this.#options;
    for (const each of broken) {
      if (each.isShortage || !skipBroken) this.#settle?.reject(loadError(paths[each.row]!, each));
      else this.reasons.set(each.row, each.reason);
    }
    return rows.length;
  }

  #stored({ what, rows, missing }: StoreReply): number {
    this.#toDecode.push(...missing);
    return what === 'read' ? rows.length - missing.length : 0;
  }

  #notKept(reason: string): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    this.#givenUp = file;
    this.#stores.length = 0;
    this.#options.onNotKept(file, reason);
  }
}
