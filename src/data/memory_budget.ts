import { formatBytes } from '../node/memory.js';

/** Bytes that decoding takes for each pixel, about: a few for the picture, as many for a copy in the colours of the model. */
const BYTES_PER_PIXEL = 8;

/** Kibibytes, in which the budget is counted. */
const UNIT = 1024;

/** Not enough memory: no fault of the file's. */
export class OutOfMemory extends Error {}

/** Whether an error, or what caused it, says that the machine lacked memory or files to open, and nothing of the image. */
export function isShortage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof OutOfMemory || isShortage(error.cause)) return true;
  const { code } = error as NodeJS.ErrnoException;
  if (code && ['ERR_WORKER_OUT_OF_MEMORY', 'ENOMEM', 'EMFILE', 'ENFILE'].includes(code)) return true;
  return /allocation failed|could not allocate|out of memory|cannot enlarge memory|invalid (typed )?array (buffer )?length/i.test(
    error.message,
  );
}

/** Memory that workers share for decoding: who finds too little waits until others have given back. */
export class MemoryBudget {
  /** Units that are free, and all there are; shared between threads. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  #taken = 0;

  constructor(counts: Int32Array<SharedArrayBuffer>) {
    this.counts = counts;
  }

  static of(bytes: number): MemoryBudget {
    const counts = new Int32Array(new SharedArrayBuffer(8));
    return new MemoryBudget(counts.fill(Math.max(0, Math.min(2 ** 31 - 1, Math.floor(bytes / UNIT)))));
  }

  /** Takes what an image needs, in place of what was taken before, and blocks this thread until it is there. Throws where there never is as much. */
  take(pixels: number): void {
    this.giveBack();
    const wanted = Math.ceil((pixels * BYTES_PER_PIXEL) / UNIT);
    const total = this.counts[1]!;
    if (wanted > total)
      throw new OutOfMemory(`its ${pixels} pixels take ${formatBytes(wanted * UNIT)}, ${formatBytes(total * UNIT)} are free`);
    for (;;) {
      const free = Atomics.load(this.counts, 0);
      if (free < wanted) Atomics.wait(this.counts, 0, free);
      else if (Atomics.compareExchange(this.counts, 0, free, free - wanted) === free) break;
    }
    this.#taken = wanted;
  }

  giveBack(): void {
    if (this.#taken === 0) return;
    Atomics.add(this.counts, 0, this.#taken);
    Atomics.notify(this.counts, 0);
    this.#taken = 0;
  }
}
