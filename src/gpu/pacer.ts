import type { Arena } from './arena.js';

/** Runs that may be under way at once: one that computes and one that waits behind it, so that the device never idles. */
const DEPTH = 2;

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** What is known of the time that a plan's runs take. */
export interface Pace {
  /** Expected milliseconds; 0 while unknown. */
  expected: number;
  /** Runs seen done. The first is not counted on: drivers compile at the first use. */
  runs: number;
}

/** A submitted run, and the small buffer that can be mapped once it is done. */
interface Run {
  readonly pace: Pace;
  readonly fence: GPUBuffer;
  readonly submitted: number;
}

/**
 * Submits work and waits for it without burning a core: while a promise of WebGPU is pending, Dawn's thread polls, and on a software adapter
 * that takes half of the compute. So it sleeps for the time that runs have taken lately, and only then asks.
 * Each run ends with a copy into a fence buffer of its own: mapping that waits for this run alone, not for those behind it.
 */
export class Pacer {
  readonly #device: GPUDevice;
  readonly #arena: Arena;
  readonly #source: GPUBuffer;
  readonly #fences: GPUBuffer[] = [];
  readonly #runs: Run[] = [];
  #submitted = 0;
  /** When the last run was seen done. */
  #lastDone = 0;
  #waiting: Promise<void> = Promise.resolve();

  constructor(device: GPUDevice, arena: Arena) {
    this.#device = device;
    this.#arena = arena;
    this.#source = arena.buffer('fence source', 4, GPUBufferUsage.COPY_SRC);
  }

  submit(encoder: GPUCommandEncoder, pace: Pace): void {
    const fence = this.#fences.pop() ?? this.#arena.buffer('fence', 4, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
    encoder.copyBufferToBuffer(this.#source, 0, fence, 0, 4);
    this.#device.queue.submit([encoder.finish()]);
    this.#runs.push({ pace, fence, submitted: performance.now() });
    this.#submitted += 1;
  }

  /** Resolves when another run may be submitted. */
  ready(): Promise<void> {
    return this.#waitFor(this.#submitted - DEPTH + 1);
  }

  /** Resolves when everything submitted so far is done. */
  idle(): Promise<void> {
    return this.#waitFor(this.#submitted);
  }

  /** The first `bytes` of a buffer, after all that was submitted so far; runs submitted meanwhile go on behind it. */
  async read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    const size = Math.ceil(bytes / 4) * 4;
    const staging = this.#arena.buffer(`${buffer.label} read back`, size, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    await this.idle();
    await staging.mapAsync(GPUMapMode.READ, 0, size);
    const data = staging.getMappedRange(0, size).slice(0);
    staging.unmap();
    this.#arena.destroy(staging);
    return data;
  }

  release(): void {
    for (const { fence } of this.#runs) this.#arena.destroy(fence);
    for (const fence of this.#fences) this.#arena.destroy(fence);
    this.#arena.destroy(this.#source);
  }

  /** Waits, in turn with others that wait, until the first `count` runs are done. */
  #waitFor(count: number): Promise<void> {
    this.#waiting = this.#waiting.then(async () => {
      while (this.#submitted - this.#runs.length < count) await this.#waitForOldest();
    });
    return this.#waiting;
  }

  async #waitForOldest(): Promise<void> {
    const { pace, fence, submitted } = this.#runs[0]!;
    const began = Math.max(submitted, this.#lastDone);
    const asleep = began + pace.expected - performance.now();
    if (asleep > 1) await sleep(asleep);
    const asked = performance.now();
    await fence.mapAsync(GPUMapMode.READ);
    fence.unmap();
    const done = performance.now();
    // Woken too late, it can't tell when the run ended: aim a little earlier next time. Woken in time, it saw the end itself.
    const tooLate = asleep > 1 && done - asked < 0.5;
    pace.runs += 1;
    if (tooLate) pace.expected *= 0.95;
    else if (pace.runs > 1) pace.expected = 0.98 * (done - began);
    this.#lastDone = done;
    this.#fences.push(fence);
    this.#runs.shift();
  }
}
