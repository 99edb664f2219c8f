import type { Callback, Logs, Run } from './callback.js';
import { type Mode, monitored, type Print } from './monitor.js';

export interface ReduceLrOnPlateauOptions {
  /** Default 'val_loss'. */
  readonly monitor?: string;
  /** What the learning rate is multiplied with, below 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement before that. Default 10. */
  readonly patience?: number;
  /** 'auto': higher is better where the monitor's name has 'acc' in it. */
  readonly mode?: Mode;
  /** What counts as better must be so by more than this. Default 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a reduction that don't count. Default 0. */
  readonly cooldown?: number;
  /** Default 0. */
  readonly minLr?: number;
  readonly print?: Print;
}

/** Lowers the learning rate when a number stops improving; adds 'lr' to the logs. Source: tf_keras/src/callbacks.py, class ReduceLROnPlateau */
export class ReduceLrOnPlateau implements Callback {
  readonly #options: Required<Omit<ReduceLrOnPlateauOptions, 'print'>> & { readonly print: Print | undefined };
  readonly #max: boolean;
  #wait = 0;
  #cooldown = 0;
  #best = 0;

  constructor(options: ReduceLrOnPlateauOptions = {}) {
    const { monitor = 'val_loss', factor = 0.1, patience = 10, mode = 'auto', minDelta = 1e-4, cooldown = 0, minLr = 0, print } = options;
    if (!(factor < 1)) throw new Error(`reduceLrOnPlateau: factor is ${factor}, wanted below 1`);
    this.#options = { monitor, factor, patience, mode, minDelta, cooldown, minLr, print };
    this.#max = mode === 'max' || (mode === 'auto' && monitor.includes('acc'));
  }

  onTrainBegin(): void {
    this.#best = this.#max ? -Infinity : Infinity;
    this.#cooldown = 0;
    this.#wait = 0;
  }

  onEpochEnd(epoch: number, logs: Logs, { model }: Run): void {
    const { monitor, factor, patience, minDelta, cooldown, minLr, print } = this.#options;
    const { optimizer } = model.compiled;
    logs.lr = Math.fround(optimizer.learningRate);
    const current = monitored(monitor, logs, 'Learning rate reduction is conditioned on', print);
    if (current === undefined) return;
    if (this.#cooldown > 0) {
      this.#cooldown -= 1;
      this.#wait = 0;
    }
    if (this.#max ? current > this.#best + minDelta : current < this.#best - minDelta) {
      this.#best = current;
      this.#wait = 0;
      return;
    }
    if (this.#cooldown > 0) return;
    this.#wait += 1;
    // In float32, as Keras keeps the rate.
    if (this.#wait < patience || logs.lr <= Math.fround(minLr)) return;
    optimizer.learningRate = Math.max(Math.fround(logs.lr * Math.fround(factor)), minLr);
    print?.(`\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${optimizer.learningRate}.`);
    this.#cooldown = cooldown;
    this.#wait = 0;
  }
}

/** Lowers the learning rate when a number stops improving: see ReduceLrOnPlateau. */
export function reduceLrOnPlateau(options: ReduceLrOnPlateauOptions = {}): ReduceLrOnPlateau {
  return new ReduceLrOnPlateau(options);
}
