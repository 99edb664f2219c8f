import type { StepColumns } from '../../protocol.js';

const NAMES = ['step', 'epoch', 'loss', 'acc', 'batchLoss', 'ms'] as const;

/** Points that are kept at most: a screen has fewer columns, and memory stays flat however long a run is. */
const CAPACITY = 4096;

/** The steps of a run, thinned out where they are many: beyond CAPACITY every second point goes, and so on. */
export class StepBuffer {
  readonly columns: Record<(typeof NAMES)[number], number[]> = { step: [], epoch: [], loss: [], acc: [], batchLoss: [], ms: [] };
  #stride = 1;
  #seen = 0;

  clear(): void {
    for (const name of NAMES) this.columns[name].length = 0;
    this.#stride = 1;
    this.#seen = 0;
  }

  push(steps: StepColumns): void {
    for (let i = 0; i < steps.step.length; i++) {
      if (this.#seen++ % this.#stride !== 0) continue;
      for (const name of NAMES) this.columns[name].push(steps[name][i]!);
      if (this.columns.step.length >= CAPACITY) this.#thin();
    }
  }

  get length(): number {
    return this.columns.step.length;
  }

  #thin(): void {
    for (const name of NAMES) this.columns[name] = this.columns[name].filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }
}
