import { constants } from 'node:buffer';
import { writeReason } from '../node/errors.js';
import { defaultMemory, formatBytes, memoryLeft } from '../node/memory.js';
import { HeldLoading } from './held_pixels.js';
import type { ImageTarget } from './load_file.js';
import { PictureFile, picturesDigest } from './picture_file.js';
import { MemoryPixels, type Pixels } from './pixels.js';
import { CHANNELS } from './resize.js';
import { SIGNATURE_SIZE } from './signature.js';
import { StoredPixels } from './stored_pixels.js';

export interface LoadOptions {
  /** Leave out files that can't be read, instead of stopping at the first. Default false. */
  readonly skipBroken?: boolean | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Bytes of pictures that memory may hold; those of larger sets are read from the cache as they are wanted. Default a quarter of the machine's, at most 2 GiB. */
  readonly memory?: number | undefined;
  /** Bytes that decoded pictures may take in the cache folder, where the next start finds them; 0 keeps none. Default 20 GiB. */
  readonly cacheSize?: number | undefined;
  /** Whether signatures of pictures in memory are made on the way, for nearDuplicates(). Default false. */
  readonly signatures?: boolean | undefined;
  /** Told where pictures are kept, or why they can't be. Default a warning of the process. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** Images of one size. */
export interface LoadedImages {
  /** Of the files that were read. */
  readonly pixels: Pixels;
  /** [pictures, SIGNATURE_SIZE], where they were asked for and all pictures are in memory. */
  readonly signatures?: Uint8Array | undefined;
  /** Of each file, whether it is in `pixels`. */
  readonly read: readonly boolean[];
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
}

const CACHE_SIZE = 20 * 2 ** 30;

/**
 * Decodes and resizes image files, side by side in worker threads, and keeps the outcome in the cache folder for the next start. Those of a set that memory
 * is not to hold are decoded as they are wanted, unless broken ones are to be left out: which they are must be known before any order is drawn.
 */
export async function loadImages(paths: readonly string[], target: ImageTarget, options: LoadOptions = {}): Promise<LoadedImages> {
  const { memory = defaultMemory(), skipBroken = false, onProgress = () => {} } = options;
  const size = target.height * target.width * CHANNELS[target.colorMode];
  const length = paths.length * size;
  const isHeld = length <= Math.min(memory, memoryLeft(), constants.MAX_LENGTH);
  const cache = await Cache.of({ ...options, paths, target, size, isHeld });
  const file = await cache.find();
  const common = { paths, target, size, onNotKept: (kept: PictureFile, reason: string) => cache.giveUp(kept, reason) };
  if (isHeld) {
    const bytes = new Uint8Array(new SharedArrayBuffer(length));
    const signatures = options.signatures ? new Uint8Array(new SharedArrayBuffer(paths.length * SIGNATURE_SIZE)) : undefined;
    const loading = new HeldLoading({ ...common, file, bytes, signatures, skipBroken, onProgress, makeFile: () => cache.make() });
    await loading.run();
    const { reasons } = loading;
    const pixels = new MemoryPixels(leftIn(bytes, reasons, size), size);
    return { ...loaded(paths, reasons, pixels), signatures: signatures && leftIn(signatures, reasons, SIGNATURE_SIZE) };
  }
  const stored = file ?? (await cache.make());
  if (stored) cache.sayStored(stored);
  const pixels = new StoredPixels({ ...common, file: stored, memory });
  try {
    if (skipBroken) return loaded(paths, await pixels.leaveOutBroken(onProgress), pixels);
    pixels.fillFile();
    return loaded(paths, new Map(), pixels);
  } catch (error) {
    await pixels.close();
    throw error;
  }
}

interface CacheOptions extends LoadOptions {
  readonly paths: readonly string[];
  readonly target: ImageTarget;
  readonly size: number;
  readonly isHeld: boolean;
}

/** The cache file of a list of files. */
class Cache {
  readonly #options: CacheOptions;
  /** Empty where nothing is kept. */
  readonly #digest: string;

  private constructor(options: CacheOptions, digest: string) {
    this.#options = options;
    this.#digest = digest;
  }

  static async of(options: CacheOptions): Promise<Cache> {
    return new Cache(options, options.cacheSize === 0 ? '' : await picturesDigest(options.paths, options.target));
  }

  /** What was kept before; none where there is nothing sound. */
  async find(): Promise<PictureFile | undefined> {
    const { paths, size, cacheSize = CACHE_SIZE } = this.#options;
    return this.#digest === '' ? undefined : PictureFile.find(this.#digest, paths.length, size, cacheSize);
  }

  /** Makes the file; none where it can't be, which is then said. */
  async make(): Promise<PictureFile | undefined> {
    const { paths, size, isHeld, cacheSize = CACHE_SIZE } = this.#options;
    if (cacheSize === 0 && isHeld) return undefined;
    try {
      return await PictureFile.make(this.#digest, paths.length, size, cacheSize);
    } catch (error) {
      this.#sayNotKept(writeReason(error));
      return undefined;
    }
  }

  giveUp(file: PictureFile, reason: string): void {
    this.#sayNotKept(reason);
    void file.giveUp();
  }

  sayStored({ path, isComplete }: PictureFile): void {
    const how = isComplete ? 'They are read from' : 'They are decoded while others are used already, and kept in';
    this.#note(`${this.#tooMany}. ${how} ${path}.`);
  }

  #sayNotKept(reason: string): void {
    this.#note(
      this.#options.isHeld
        ? `its decoded pictures, ${this.#length}, are not kept for the next start: ${reason}.`
        : `${this.#tooMany}. They can't be kept on the disk, so each epoch decodes them anew: ${reason}.`,
    );
  }

  get #tooMany(): string {
    const { paths, memory = defaultMemory() } = this.#options;
    return `its ${paths.length} decoded pictures, ${this.#length}, are more than the ${formatBytes(memory)} that memory may hold (--memory)`;
  }

  get #length(): string {
    const { paths, size } = this.#options;
    return formatBytes(paths.length * size);
  }

  #note(message: string): void {
    const { onNote = text => process.emitWarning(text) } = this.#options;
    onNote(message);
  }
}

function loaded(paths: readonly string[], reasons: ReadonlyMap<number, string>, pixels: Pixels): LoadedImages {
  const read = paths.map((_, row) => !reasons.has(row));
  const broken = [...reasons].sort(([a], [b]) => a - b).map(([row, reason]) => ({ path: paths[row]!, reason }));
  return { pixels, read, broken };
}

/** Without the pictures that were not read. */
function leftIn(bytes: Uint8Array, reasons: ReadonlyMap<number, string>, size: number): Uint8Array {
  if (reasons.size === 0) return bytes;
  let at = 0;
  for (let row = 0; row < bytes.length / size; row++) {
    if (reasons.has(row)) continue;
    bytes.copyWithin(at, row * size, (row + 1) * size);
    at += size;
  }
  return bytes.subarray(0, at);
}
