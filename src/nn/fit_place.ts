import { streams } from '../engine/random.js';
import { Totals } from './batch_log.js';
import type { Logs } from './callbacks/callback.js';
import type { FitOptions } from './fit_options.js';
import type { FitState } from './fit_state.js';
import type { Metric } from './metrics.js';
import { type Batch, inOrder, type Source } from './source.js';

/** What fit() is called with, and the source that validation draws from. */
export interface InnerOptions extends FitOptions {
  readonly validationSource?: Source<Batch> | undefined;
}

/** Where a training stands: the epoch, the batch, the order of batches, and what the epochs gave so far. */
export class FitPlace {
  epoch = 0;
  batch = 0;
  order: readonly number[] = [];
  /** Batches of the order that are done. */
  position = 0;
  /** Of the epoch under way. */
  totals: Totals;
  /** Whether the first batch of the validation has been looked at. */
  validationPeeked = false;
  /** By the names of numbers, a value an epoch. */
  readonly history: Record<string, number[]> = {};
  readonly #source: Source<Batch>;
  readonly #metrics: readonly Metric[];
  readonly #options: InnerOptions;

  constructor(source: Source<Batch>, metrics: readonly Metric[], options: InnerOptions) {
    this.#source = source;
    this.#metrics = metrics;
    this.#options = options;
    this.totals = new Totals(metrics);
  }

  /** Begins with all batches, in a new order. */
  startPass(): void {
    const order = inOrder(this.#source);
    if (this.#options.shuffle ?? true) streams.python.shuffle(order);
    this.order = order;
    this.position = 0;
  }

  /** Leaves an epoch that is done. */
  nextEpoch(): void {
    const goesOn = this.#source.goesOn && this.#options.stepsPerEpoch !== undefined;
    if (!goesOn || this.position >= this.order.length) {
      this.#source.onEpochEnd();
      this.order = [];
      this.position = 0;
    }
    this.#begin(this.epoch + 1);
  }

  /** `logs`: of an epoch that is not in the history yet. */
  state(ended: boolean, logs: Logs = {}): FitState {
    const { loss, correct, rows, counts } = this.totals;
    const history: Record<string, number[]> = structuredClone(this.history);
    for (const [name, value] of Object.entries(logs)) history[name] = [...(history[name] ?? []), value];
    return {
      epoch: this.epoch,
      batch: this.batch,
      ...(this.position !== this.batch && { position: this.position }),
      ended,
      order: this.order,
      totals: { loss, correct, rows, ...(counts.length > 0 && { counts: [...counts] }) },
      history,
      numpy: streams.numpy.state,
      python: streams.python.state,
      source: this.#source.save(),
      validationSource: this.#options.validationSource?.save(),
      validationPeeked: this.validationPeeked,
    };
  }

  /** Takes up where a training on the same data stood, or with other data at the beginning of its epoch. Throws where the data is other. */
  restore(state: FitState): void {
    streams.numpy.state = state.numpy;
    streams.python.state = state.python;
    for (const [name, values] of Object.entries(state.history)) this.history[name] = [...values];
    if (this.#options.otherData) {
      this.#begin(state.ended ? state.epoch + 1 : state.epoch);
      return;
    }
    this.#source.restore(state.source);
    this.#options.validationSource?.restore(state.validationSource);
    if (state.order.length > 0 && state.order.length !== this.#source.length) {
      throw new Error(`resume: the epoch had ${state.order.length} batches, the data has ${this.#source.length}`);
    }
    this.validationPeeked = state.validationPeeked;
    this.epoch = state.epoch;
    this.batch = state.batch;
    this.order = [...state.order];
    this.position = state.position ?? state.batch;
    this.totals = new Totals(this.#metrics, state.totals);
    if (state.ended) this.nextEpoch();
  }

  #begin(epoch: number): void {
    this.epoch = epoch;
    this.batch = 0;
    this.totals = new Totals(this.#metrics);
  }
}
