import type { ImageTarget } from './load_file.js';
import { LoadPool, loadError } from './load_pool.js';
import type { DecodeReply, LoadReply, LoadRequest } from './load_worker.js';
import { type PictureFile, readPicture } from './picture_file.js';
import type { Pixels } from './pixels.js';
import { SharedPlaces } from './shared_places.js';

export interface StoredOptions {
  readonly paths: readonly string[];
  readonly target: ImageTarget;
  readonly size: number;
  /** Bytes for pictures that were read ahead. */
  readonly memory: number;
  /** Where they are kept; without it they are decoded each time. */
  readonly file: PictureFile | undefined;
  /** What could not be kept. */
  onNotKept(file: PictureFile, reason: string): void;
}

/** A place in memory that a picture has. */
interface Slot {
  readonly place: number;
  isThere: boolean;
}

/** Somebody who waits for pictures. */
interface Wait {
  readonly rows: ReadonlySet<number>;
  readonly absent: Set<number>;
  resolve(): void;
  reject(error: Error): void;
}

/** Bytes and pictures for reading ahead at most, and pictures at least. */
const ROOM = 2 ** 26;
const MOST_SLOTS = 512;
const LEAST_SLOTS = 8;

/** Bytes, about, and pictures at most that there is made place for, and that are read from the file, at a time. */
const TOGETHER_BYTES = 2 ** 20;
const TOGETHER = 64;

/** Pictures at most that nobody waits for and that are being decoded for the file. */
const FILLS = 64;

/** What fills a cache file in this process: one after another. */
let filling: Promise<void> = Promise.resolve();

/**
 * Pictures that memory does not hold together: those that are wanted next are read from the cache file, or decoded where it has none of them yet, into a few
 * buffers that are used again. What nobody waits for yet is decoded into the file meanwhile.
 */
export class StoredPixels implements Pixels {
  readonly size: number;
  readonly #options: StoredOptions;
  readonly #pool: LoadPool;
  #file: PictureFile | undefined;
  /** Of each picture, its place in the list of files. */
  #rows: readonly number[];
  /** By place in the list; what was not used for longest comes first. */
  readonly #slots = new Map<number, Slot>();
  readonly #places: SharedPlaces;
  readonly #free: number[] = [];
  #made = 0;
  #capacity: number;
  #urgent: number[] = [];
  #later: number[] = [];
  #waits: Wait[] = [];
  /** What was asked for last: whoever asked is about to copy it. */
  #asked: ReadonlySet<number> = new Set();
  #failure: Error | undefined;
  /** What is being decoded for the file alone, and how far that went. */
  readonly #fills = new Map<number, number>();
  #cursor: number;
  #onFill: (() => void) | undefined;
  /** Why files were left out, where they may be. */
  #reasons: Map<number, string> | undefined;

  constructor(options: StoredOptions) {
    const { paths, target, size, memory, file } = options;
    this.#options = options;
    this.size = size;
    this.#file = file;
    this.#rows = paths.map((_, row) => row);
    this.#capacity = Math.max(LEAST_SLOTS, Math.min(MOST_SLOTS, Math.floor(Math.min(ROOM, memory) / size)));
    this.#cursor = paths.length;
    this.#places = new SharedPlaces(size, Math.max(1, Math.min(TOGETHER, Math.floor(TOGETHER_BYTES / size))));
    this.#pool = new LoadPool({
      target,
      places: this.#places,
      file,
      held: this.#capacity * size,
      most: paths.length,
      next: together => this.#request(together),
      onReply: reply => this.#take(reply),
      onEnd: error => this.#fail(error),
    });
  }

  get count(): number {
    return this.#rows.length;
  }

  get ahead(): number {
    return this.#capacity >> 1;
  }

  /** Decodes all that the file does not have, to find out what is broken and leave it out; returns why, by place in the list of files. */
  async leaveOutBroken(onProgress: (done: number, total: number) => void): Promise<ReadonlyMap<number, string>> {
    const { paths } = this.#options;
    this.#reasons = new Map();
    await this.#pool.wait(this.#fill(() => onProgress(this.#cursor - this.#fills.size, paths.length)));
    const reasons = this.#reasons;
    this.#reasons = undefined;
    if (this.#failure) throw this.#failure;
    this.#rows = this.#rows.filter(row => !reasons.has(row));
    return reasons;
  }

  /** Decodes what the file does not have while others go on. */
  fillFile(): void {
    if (this.#file && !this.#file.isComplete) filling = filling.then(() => this.#fill());
  }

  prepare(pictures: readonly number[], next: readonly number[]): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure);
    const rows = pictures.map(picture => this.#rows[picture]!);
    this.#capacity = Math.max(this.#capacity, 2 * rows.length);
    this.#later = next.map(picture => this.#rows[picture]!).filter(row => !this.#touch(row));
    this.#urgent.push(...rows.filter(row => !this.#touch(row)));
    this.#asked = new Set(rows);
    const absent = new Set(rows.filter(row => !this.#slots.get(row)?.isThere));
    const asked = this.#asked;
    const wait =
      absent.size === 0 ? undefined : new Promise<void>((resolve, reject) => this.#waits.push({ rows: asked, absent, resolve, reject }));
    this.#pool.wake();
    return wait && this.#pool.wait(wait);
  }

  copy(pictures: readonly number[], to: Uint8Array): void {
    for (const [i, picture] of pictures.entries()) {
      const row = this.#rows[picture]!;
      const place = to.subarray(i * this.size, (i + 1) * this.size);
      const slot = this.#slots.get(row);
      if (slot?.isThere) place.set(this.#places.at(slot.place));
      else if (!this.#file || !readPicture(this.#file, row, place)) {
        throw new Error(`picture ${picture} is not in memory: await ready() before batch(), or prepare() before copy()`);
      }
    }
  }

  async close(): Promise<void> {
    this.#fail(new Error('the pictures were closed'));
    await this.#pool.close();
    this.#options.file?.close();
  }

  /** Whether it has a slot, which is then the last to be used for another. */
  #touch(row: number): boolean {
    const slot = this.#slots.get(row);
    if (!slot) return false;
    this.#slots.delete(row);
    this.#slots.set(row, slot);
    return true;
  }

  #fill(onProgress?: () => void): Promise<void> {
    if (this.#failure) return Promise.resolve();
    this.#cursor = 0;
    const done = new Promise<void>(resolve => {
      this.#onFill = () => {
        onProgress?.();
        if ((this.#cursor === this.#options.paths.length && this.#fills.size === 0) || this.#failure) resolve();
      };
    });
    this.#pool.wake();
    this.#onFill!();
    return done;
  }

  #request(together: number): LoadRequest | undefined {
    return this.#bring(this.#urgent, together) ?? this.#bring(this.#later, together) ?? this.#fillRequest(together);
  }

  /** Takes from a queue, as far as there is room, rows that are not on their way: the first, and others that are read, or decoded, as that is. */
  #bring(queue: number[], together: number): LoadRequest | undefined {
    const file = this.#file;
    const isUrgent = queue === this.#urgent;
    const rows: number[] = [];
    const places: number[] = [];
    const left: number[] = [];
    let isKept: boolean | undefined;
    let isRoom = true;
    for (const row of queue) {
      if (this.#slots.has(row) || this.#takeFill(row)) continue;
      isKept ??= file?.has(row) ?? false;
      const isMeant = rows.length < (isKept ? this.#places.perBlock : together) && (file?.has(row) ?? false) === isKept;
      const place = isMeant && isRoom ? this.#room(isUrgent) : undefined;
      if (place === undefined) {
        isRoom &&= !isMeant;
        left.push(row);
        continue;
      }
      this.#slots.set(row, { place, isThere: false });
      rows.push(row);
      places.push(place);
    }
    queue.splice(0, queue.length, ...left);
    if (rows.length === 0) return undefined;
    return isKept ? { what: 'read', rows, places } : this.#decodeRequest(rows, places);
  }

  /** Whether a picture is being decoded for the file, and so is on its way. */
  #takeFill(row: number): boolean {
    const place = this.#fills.get(row);
    if (place === undefined) return false;
    this.#fills.delete(row);
    this.#slots.set(row, { place, isThere: false });
    return true;
  }

  #decodeRequest(rows: readonly number[], places: readonly number[]): LoadRequest {
    const { paths } = this.#options;
    return { what: 'decode', rows, places, paths: rows.map(row => paths[row]!), isKept: this.#file !== undefined };
  }

  /** A place for a picture, that of another if need be: not of one that somebody waits for or is about to copy. What is urgent gets one in any case. */
  #room(isUrgent: boolean): number | undefined {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made < this.#capacity) return this.#make();
    for (const [row, { place, isThere }] of this.#slots) {
      if (!isThere || this.#asked.has(row) || this.#waits.some(({ rows }) => rows.has(row))) continue;
      this.#slots.delete(row);
      return place;
    }
    return isUrgent ? this.#make() : undefined;
  }

  #make(): number {
    const place = this.#made;
    if (place === this.#places.blocks.length * this.#places.perBlock) this.#pool.share({ what: 'block', block: this.#places.addBlock() });
    this.#made += 1;
    return place;
  }

  #fillRequest(together: number): LoadRequest | undefined {
    const { paths } = this.#options;
    if (this.#failure) return undefined;
    const rows: number[] = [];
    const places: number[] = [];
    for (; this.#cursor < paths.length && rows.length < together && this.#fills.size < FILLS; this.#cursor += 1) {
      const row = this.#cursor;
      if (this.#file?.has(row) || this.#slots.has(row)) continue;
      const place = this.#free.pop() ?? this.#make();
      this.#fills.set(row, place);
      rows.push(row);
      places.push(place);
    }
    return rows.length > 0 ? this.#decodeRequest(rows, places) : undefined;
  }

  #take(reply: LoadReply): void {
    if (reply.notKept !== undefined) this.#notKept(reply.notKept);
    if (reply.what === 'decode') this.#decoded(reply);
    else {
      const missing = new Set(reply.missing);
      for (const row of reply.missing) this.#drop(row);
      this.#urgent.push(...reply.missing);
      for (const row of reply.rows) if (!missing.has(row)) this.#arrived(row);
    }
    this.#onFill?.();
  }

  #decoded({ rows, broken }: DecodeReply): void {
    const failed = new Map(broken.map(each => [each.row, each]));
    for (const row of rows) {
      const filled = this.#fills.get(row);
      if (filled !== undefined) {
        this.#fills.delete(row);
        this.#free.push(filled);
      }
      const why = failed.get(row);
      if (!why) this.#arrived(row);
      else if (this.#reasons && !why.isShortage) this.#reasons.set(row, why.reason);
      else this.#fail(loadError(this.#options.paths[row]!, why));
    }
  }

  #arrived(row: number): void {
    const slot = this.#slots.get(row);
    if (!slot) return;
    slot.isThere = true;
    const done = this.#waits.filter(({ absent }) => absent.delete(row) && absent.size === 0);
    if (done.length === 0) return;
    this.#waits = this.#waits.filter(wait => !done.includes(wait));
    for (const { resolve } of done) resolve();
  }

  #drop(row: number): void {
    this.#free.push(this.#slots.get(row)!.place);
    this.#slots.delete(row);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waits) reject(this.#failure);
    this.#waits = [];
    this.#onFill?.();
  }

  #notKept(reason: string): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    if (!this.#reasons) this.#cursor = this.#options.paths.length;
    this.#options.onNotKept(file, reason);
  }
}
