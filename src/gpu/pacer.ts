import type { Arena, BufferRange } from './arena.js';

/** Runs that may be under way at once: one that computes and one that waits behind it, so that the device never idles… */
const FEWEST_RUNS = 2;
/** …and where runs are shorter than a timer can be late, as many as last this many milliseconds. */
const QUEUE_MS = 8;
const MOST_RUNS = 32;

/** Of the runs that may be under way, those that end with a fence: to wait for each costs the thread as much as ten dispatches. */
const FENCED_SHARE = 1 / 4;

/** Sleeping ends at this share of the time that a run is expected to take; then come short looks, with naps of this share between them. */
const EARLY = 0.95;
const NAP = 0.01;

/** Milliseconds that a look at a run lasts: about the least that a timer can do. */
const LOOK_MS = 1;

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** What is known of the time that a plan's runs take. */
export interface Pace {
  /** Expected milliseconds; 0 while unknown. */
  expected: number;
  /** Runs seen done. The first is not counted on: drivers compile at the first use. */
  runs: number;
}

/** Runs that were submitted one after another, and the small buffer that can be mapped once the last is done. */
interface Fenced {
  readonly pace: Pace;
  readonly runs: number;
  readonly fence: GPUBuffer;
  /** When the first of them was submitted. */
  readonly submitted: number;
}

/** Someone who waits until `count` runs are done. */
interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Submits work and waits for it without burning a core: while a promise of WebGPU is pending, Dawn's thread polls, and on a software adapter
 * that takes half of the compute. So it sleeps for the time that runs have taken lately, and then looks now and then.
 * A run ends with a copy into a fence buffer of its own: mapping that waits for this run, not for those behind it. Of short ones only some do.
 */
export class Pacer {
  readonly #device: GPUDevice;
  readonly #arena: Arena;
  readonly #source: GPUBuffer;
  readonly #fences: GPUBuffer[] = [];
  readonly #fenced: Fenced[] = [];
  readonly #waiters: Waiter[] = [];
  #submitted = 0;
  #done = 0;
  /** Runs behind the last fence, and when the first of them was submitted. */
  #unfenced = 0;
  #unfencedSince = 0;
  /** Of the last run. */
  #pace: Pace = { expected: 0, runs: 0 };
  /** When the last run was seen done. */
  #lastDone = 0;
  #isWatching = false;
  #failure: Error | undefined;

  constructor(device: GPUDevice, arena: Arena) {
    this.#device = device;
    this.#arena = arena;
    this.#source = arena.buffer('fence source', 4, GPUBufferUsage.COPY_SRC);
    for (let i = 0; i < MOST_RUNS * FENCED_SHARE; i++) this.#fences.push(this.#makeFence());
  }

  submit(encoder: GPUCommandEncoder, pace: Pace): void {
    this.#pace = pace;
    if (this.#unfenced === 0) this.#unfencedSince = performance.now();
    this.#unfenced += 1;
    this.#submitted += 1;
    if (this.#unfenced >= this.#depth * FENCED_SHARE) this.#fence(encoder);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Ends all waiting, now and from now on. */
  fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** Resolves when another run may be submitted. */
  ready(): Promise<void> {
    return this.#waitFor(this.#submitted - this.#depth + 1);
  }

  /** Resolves when everything submitted so far is done. */
  idle(): Promise<void> {
    return this.#waitFor(this.#submitted);
  }

  /** Bytes of a buffer, after all that was submitted so far; runs submitted meanwhile go on behind it. */
  async read({ buffer, offset }: BufferRange, bytes: number): Promise<ArrayBuffer> {
    const size = Math.ceil(bytes / 4) * 4;
    const staging = this.#arena.buffer(`${buffer.label} read back`, size, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    await this.idle();
    await staging.mapAsync(GPUMapMode.READ, 0, size);
    const data = staging.getMappedRange(0, size).slice(0);
    staging.unmap();
    this.#arena.destroy(staging);
    return data;
  }

  release(): void {
    for (const { fence } of this.#fenced) this.#arena.destroy(fence);
    for (const fence of this.#fences) this.#arena.destroy(fence);
    this.#arena.destroy(this.#source);
  }

  /** Runs that may be under way at once. */
  get #depth(): number {
    const { expected } = this.#pace;
    return expected > 0 ? Math.min(Math.max(Math.ceil(QUEUE_MS / expected), FEWEST_RUNS), MOST_RUNS) : FEWEST_RUNS;
  }

  /** Ends the runs so far, the last of which `encoder` may be about to add, with a fence. */
  #fence(encoder: GPUCommandEncoder): void {
    const fence = this.#fences.pop() ?? this.#makeFence();
    encoder.copyBufferToBuffer(this.#source, 0, fence, 0, 4);
    this.#fenced.push({ pace: this.#pace, runs: this.#unfenced, fence, submitted: this.#unfencedSince });
    this.#unfenced = 0;
  }

  #makeFence(): GPUBuffer {
    return this.#arena.buffer('fence', 4, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  }

  /** Resolves when the first `count` runs are done, whatever others wait for. */
  #waitFor(count: number): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#done >= count) return Promise.resolve();
    if (count > this.#submitted - this.#unfenced) {
      const encoder = this.#device.createCommandEncoder();
      this.#fence(encoder);
      this.#device.queue.submit([encoder.finish()]);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ count, resolve, reject });
      if (!this.#isWatching) void this.#watch();
    });
  }

  /** Waits for one fence after another as long as anybody waits for any. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    try {
      while (this.#waiters.length > 0) {
        await this.#waitForOldest();
        for (const waiter of this.#waiters.splice(0)) {
          if (waiter.count <= this.#done) waiter.resolve();
          else this.#waiters.push(waiter);
        }
      }
    } catch (error) {
      for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    } finally {
      this.#isWatching = false;
    }
  }

  async #waitForOldest(): Promise<void> {
    const { pace, runs, fence, submitted } = this.#fenced[0]!;
    const began = Math.max(submitted, this.#lastDone);
    const asleep = began + EARLY * runs * pace.expected - performance.now();
    if (asleep > LOOK_MS) await sleep(asleep);
    let looks = 1;
    for (; !(await isDone(fence)); looks++) await sleep(Math.max(NAP * (performance.now() - began), LOOK_MS));
    const done = performance.now();
    pace.runs += runs;
    // Done at the first look, it may have been so for long: look earlier next time. One slow run is no reason to sleep long over the next.
    if (asleep > LOOK_MS && looks === 1) pace.expected *= 0.9;
    else if (pace.runs > 1) pace.expected = Math.min((done - began) / runs, pace.expected / EARLY ** runs || Infinity);
    this.#lastDone = done;
    this.#fences.push(fence);
    this.#fenced.shift();
    this.#done += runs;
  }
}

/** Looks for a moment whether a fence can be mapped. Given up, the mapping is undone: nothing is pending then, and nothing polls. */
async function isDone(fence: GPUBuffer): Promise<boolean> {
  let isGivenUp = false;
  const mapped = fence.mapAsync(GPUMapMode.READ).then(
    () => true,
    error => {
      if (isGivenUp) return false;
      throw error;
    },
  );
  const look = sleep(LOOK_MS).then(() => 'later' as const);
  const found = await Promise.race([mapped, look]);
  isGivenUp = found === 'later';
  fence.unmap();
  // It may have been mapped just before it was given up.
  return isGivenUp ? mapped : true;
}
