import type { Executor } from '../engine/executor.js';
import type { FitState } from './fit_state.js';
import { addCounts, type Metric, metricValues } from './metrics.js';
import { HISTORY_CAPACITY, type Plans } from './plans.js';
import type { Batch } from './source.js';

/** A batch that was run. */
interface NotedBatch {
  readonly batch: Batch;
  /** Position in the epoch, the optimizer's step, and the rows of the steps before it (both 0 outside training). */
  readonly index: number;
  readonly step: number;
  readonly rowsBefore: number;
}

/** What a batch gave. */
export interface BatchResult extends NotedBatch {
  /** Mean over the batch's rows. */
  readonly loss: number;
  /** How many of its rows were right. */
  readonly correct: number;
  /** What metrics noted of it: see addCounts(). */
  readonly counts: readonly number[];
  /** Place of what was first not finite in this step of training, after which nothing changed: 0 for the loss, 1 for an update. */
  readonly fault?: number | undefined;
}

/** Sums over the rows of an epoch so far: what its means are made of. */
export class Totals {
  loss: number;
  correct: number;
  rows: number;
  /** Sums of what metrics noted. */
  readonly counts: number[];
  readonly #metrics: readonly Metric[];

  constructor(metrics: readonly Metric[], { loss, correct, rows, counts = [] }: FitState['totals'] = { loss: 0, correct: 0, rows: 0 }) {
    this.#metrics = metrics;
    this.loss = loss;
    this.correct = correct;
    this.rows = rows;
    this.counts = [...counts];
  }

  add({ batch: { rows }, loss, correct, counts }: BatchResult): void {
    addCounts(this.#metrics, this.counts, counts, rows);
    this.loss += loss * rows;
    this.correct += correct;
    this.rows += rows;
  }

  /** Means over the rows, by the names that Keras gives them. */
  means(): Record<string, number> {
    return { loss: this.loss / this.rows, ...metricValues(this.#metrics, this.counts, this.correct, this.rows) };
  }
}

/** Gives each batch a row of the device's history and reads the rows back, many at once. */
export class BatchLog {
  readonly #executor: Executor;
  readonly #plans: Plans;
  #noted: (NotedBatch & { readonly slot: number })[] = [];
  /** Rows whose reading is under way: should it fail, they are still wanted. */
  #reading = 0;
  #next = 0;

  constructor(executor: Executor, plans: Plans) {
    this.#executor = executor;
    this.#plans = plans;
  }

  /** Whether the rows must be read before another batch may be noted. */
  get full(): boolean {
    return this.#noted.length + this.#reading >= HISTORY_CAPACITY;
  }

  /** The row that the next batch's run must write to. */
  get slot(): number {
    return this.#next;
  }

  /** Notes a batch whose run was started. */
  note(batch: NotedBatch): void {
    this.#noted.push({ slot: this.#next, ...batch });
    this.#next = (this.#next + 1) % HISTORY_CAPACITY;
  }

  /** Results of the batches noted since the last call; batches noted meanwhile come with the next. */
  async read(): Promise<BatchResult[]> {
    const noted = this.#noted;
    this.#noted = [];
    if (noted.length === 0) return [];
    this.#reading = noted.length;
    try {
      const { history, faults } = this.#plans;
      const [, width] = history.shape as [number, number];
      const [rows, faulty] = await Promise.all([this.#executor.read(history), this.#executor.read(faults)]);
      return noted.map(({ slot, ...rest }) => {
        const fault = faulty.indexOf(slot + 1);
        const [loss, correct, ...counts] = rows.subarray(slot * width, (slot + 1) * width);
        return { ...rest, loss: loss!, correct: correct!, counts, ...(fault >= 0 && { fault }) };
      });
    } catch (error) {
      // They can be read once the device is back.
      this.#noted = [...noted, ...this.#noted];
      throw error;
    } finally {
      this.#reading = 0;
    }
  }
}
