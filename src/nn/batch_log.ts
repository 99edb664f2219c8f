import type { Executor } from '../engine/executor.js';
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
  /** Place of what was first not finite in this step of training, after which nothing changed: 0 for the loss, 1 + i for the update of parameter i. */
  readonly fault?: number | undefined;
}

/** Sums over the rows of an epoch so far: what its means are made of. */
export class Totals {
  loss: number;
  correct: number;
  rows: number;

  constructor({ loss = 0, correct = 0, rows = 0 }: { readonly loss?: number; readonly correct?: number; readonly rows?: number } = {}) {
    this.loss = loss;
    this.correct = correct;
    this.rows = rows;
  }

  add({ batch: { rows }, loss, correct }: BatchResult): void {
    this.loss += loss * rows;
    this.correct += correct;
    this.rows += rows;
  }

  /** Means over the rows, by the names that Keras gives them. */
  means(metrics: readonly string[]): Record<string, number> {
    const accuracy = metrics.map(metric => [metric, this.correct / this.rows] as const);
    return { loss: this.loss / this.rows, ...Object.fromEntries(accuracy) };
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
      const [rows, faulty] = await Promise.all([this.#executor.read(history), this.#executor.read(faults)]);
      return noted.map(({ slot, ...rest }) => {
        const fault = faulty.indexOf(slot + 1);
        return { ...rest, loss: rows[2 * slot]!, correct: rows[2 * slot + 1]!, ...(fault >= 0 && { fault }) };
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
