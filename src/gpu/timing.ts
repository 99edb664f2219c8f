import type { Arena } from './arena.js';
import type { Pacer } from './pacer.js';

/** Begin and end of each dispatch of one run, in nanoseconds of the device's clock. */
export type Timeline = readonly { readonly begin: number; readonly end: number }[];

/** Notes when each dispatch begins and ends, by giving each a pass of its own. */
export class TimestampRecorder {
  readonly #arena: Arena;
  readonly #queries: GPUQuerySet;
  readonly #buffer: GPUBuffer;

  constructor(device: GPUDevice, arena: Arena, dispatches: number) {
    if (!device.features.has('timestamp-query'))
      throw new Error('this adapter has no timestamps (feature timestamp-query): kernels cannot be timed one by one');
    this.#arena = arena;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 * dispatches });
    this.#buffer = arena.buffer('timestamps', 16 * dispatches, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
  }

  encode<T>(encoder: GPUCommandEncoder, commands: readonly T[], encode: (pass: GPUComputePassEncoder, command: T) => void): void {
    commands.forEach((command, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      encode(pass, command);
      pass.end();
    });
    encoder.resolveQuerySet(this.#queries, 0, 2 * commands.length, this.#buffer, 0);
  }

  async read(pacer: Pacer): Promise<Timeline> {
    const stamps = new BigUint64Array(await pacer.read(this.#buffer, this.#buffer.size));
    return Array.from({ length: stamps.length / 2 }, (_, i) => ({ begin: Number(stamps[2 * i]), end: Number(stamps[2 * i + 1]) }));
  }

  release(): void {
    this.#queries.destroy();
    this.#arena.destroy(this.#buffer);
  }
}
