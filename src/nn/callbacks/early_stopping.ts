import type { Callback, Logs, Run } from './callback.js';
import { type Mode, monitored, type Print } from './monitor.js';

export interface EarlyStoppingOptions {
  /** Default 'val_loss'. */
  readonly monitor?: string;
  /** What counts as better must be so by more than this. Default 0. */
  readonly minDelta?: number;
  /** Epochs without improvement after which training ends. Default 0. */
  readonly patience?: number;
  /** 'auto': higher is better where the monitor ends with 'acc', 'accuracy' or 'auc'. */
  readonly mode?: Mode;
  /** A value that must be beaten for patience to begin anew. */
  readonly baseline?: number;
  /** Whether the model ends with the weights of its best epoch. */
  readonly restoreBestWeights?: boolean;
  /** First epoch, from 0, that counts. Default 0. */
  readonly startFromEpoch?: number;
  readonly print?: Print;
}

/** Ends training when a number stops improving. Source: tf_keras/src/callbacks.py, class EarlyStopping */
export class EarlyStopping implements Callback {
  readonly #options: EarlyStoppingOptions;
  readonly #max: boolean;
  #wait = 0;
  #best = 0;
  #bestEpoch = 0;
  #bestWeights: Record<string, Float32Array> | undefined;
  #stoppedEpoch = 0;

  constructor(options: EarlyStoppingOptions = {}) {
    const { monitor = 'val_loss', mode = 'auto' } = options;
    this.#options = options;
    this.#max = mode === 'max' || (mode === 'auto' && /(acc|accuracy|auc)$/.test(monitor));
  }

  /** The epoch, from 0, after which it ended training; 0 while it has not. */
  get stoppedEpoch(): number {
    return this.#stoppedEpoch;
  }

  onTrainBegin(): void {
    this.#wait = 0;
    this.#stoppedEpoch = 0;
    this.#best = this.#max ? -Infinity : Infinity;
    this.#bestWeights = undefined;
    this.#bestEpoch = 0;
  }

  async onEpochEnd(epoch: number, logs: Logs, { model }: Run): Promise<void> {
    const { monitor = 'val_loss', patience = 0, baseline, restoreBestWeights, startFromEpoch = 0, print } = this.#options;
    const current = monitored(monitor, logs, 'Early stopping conditioned on', print);
    if (current === undefined || epoch < startFromEpoch) return;
    const improved = this.#improves(current, this.#best);
    if (restoreBestWeights && (improved || !this.#bestWeights)) {
      this.#bestWeights = await model.getWeights();
      this.#bestEpoch = epoch;
    }
    this.#wait += 1;
    if (improved) {
      this.#best = current;
      if (baseline === undefined || this.#improves(current, baseline)) this.#wait = 0;
    } else if (this.#wait >= patience && epoch > 0) {
      this.#stoppedEpoch = epoch;
      model.stopTraining = true;
    }
  }

  onTrainEnd({ model }: Run): void {
    const { print } = this.#options;
    if (this.#stoppedEpoch > 0) print?.(`Epoch ${this.#stoppedEpoch + 1}: early stopping`);
    if (!this.#bestWeights) return;
    print?.(`Restoring model weights from the end of the best epoch: ${this.#bestEpoch + 1}.`);
    model.setWeights(this.#bestWeights);
  }

  #improves(current: number, reference: number): boolean {
    const delta = Math.abs(this.#options.minDelta ?? 0);
    return this.#max ? current - delta > reference : current + delta < reference;
  }
}

/** Ends training when a number stops improving: see EarlyStopping. */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(options);
}
