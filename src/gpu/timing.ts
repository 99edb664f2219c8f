import type { Arena } from './arena.js';
import type { Pacer } from './pacer.js';

/** Begin and end of each dispatch of one run, in nanoseconds of the device's clock. */
export type Timeline = readonly { readonly begin: number; readonly end: number }[];

/** A run that was timed: when the host submitted it, in milliseconds of performance.now(), and what the device did. */
export interface TimedRun {
  readonly submitted: number;
  readonly dispatches: Timeline;
}

/** Bytes by which the place that timestamps are written to must be divisible. */
const ALIGNMENT = 256;

/** Notes when each dispatch begins and ends, by giving each a pass of its own. The device keeps the last runs' notes until they are read. */
export class TimestampRecorder {
  readonly #arena: Arena;
  readonly #queries: GPUQuerySet;
  readonly #buffer: GPUBuffer;
  readonly #dispatches: number;
  /** Bytes from one run's notes to the next's. */
  readonly #stride: number;
  /** How many runs are kept. */
  readonly #capacity: number;
  /** Runs noted so far, and when the last of them were submitted. */
  #count = 0;
  readonly #submitted: number[] = [];

  constructor(device: GPUDevice, arena: Arena, dispatches: number, capacity: number) {
    if (!device.features.has('timestamp-query'))
      throw new Error('this adapter has no timestamps (feature timestamp-query): kernels cannot be timed one by one');
    this.#arena = arena;
    this.#dispatches = dispatches;
    this.#capacity = capacity;
    this.#stride = Math.ceil((16 * dispatches) / ALIGNMENT) * ALIGNMENT;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 * dispatches });
    this.#buffer = arena.buffer('timestamps', this.#stride * capacity, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
  }

  encode<T>(encoder: GPUCommandEncoder, commands: readonly T[], encode: (pass: GPUComputePassEncoder, command: T) => void): void {
    commands.forEach((command, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      encode(pass, command);
      pass.end();
    });
    const place = this.#count % this.#capacity;
    encoder.resolveQuerySet(this.#queries, 0, 2 * commands.length, this.#buffer, place * this.#stride);
    this.#count += 1;
    this.#submitted.push(performance.now());
    if (this.#submitted.length > this.#capacity) this.#submitted.shift();
  }

  /** The last runs, oldest first. */
  async read(pacer: Pacer): Promise<TimedRun[]> {
    const times = [...this.#submitted];
    const oldest = this.#count - times.length;
    const stamps = new BigUint64Array(await pacer.read({ buffer: this.#buffer, offset: 0 }, this.#buffer.size));
    return times.map((submitted, i) => {
      const first = (((oldest + i) % this.#capacity) * this.#stride) / 8;
      const dispatches = Array.from({ length: this.#dispatches }, (_, d) => ({
        begin: Number(stamps[first + 2 * d]),
        end: Number(stamps[first + 2 * d + 1]),
      }));
      return { submitted, dispatches };
    });
  }

  release(): void {
    this.#queries.destroy();
    this.#arena.destroy(this.#buffer);
  }
}
