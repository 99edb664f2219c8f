import { shown } from '../json.js';
import type { Callback, Logs, Run } from './callback.js';
import type { Print } from './monitor.js';

export interface LearningRateSchedulerOptions {
  /** The learning rate of an epoch, counted from 0, where the last one's is given. */
  readonly schedule: (epoch: number, learningRate: number) => number;
  /** Told what Keras prints with verbose=1. */
  readonly print?: Print;
}

/** Sets the learning rate at the beginning of each epoch; adds 'lr' to the logs. Source: tf_keras/src/callbacks.py, class LearningRateScheduler */
export class LearningRateScheduler implements Callback {
  readonly #options: LearningRateSchedulerOptions;

  constructor(options: LearningRateSchedulerOptions) {
    this.#options = options;
  }

  onEpochBegin(epoch: number, { model }: Run): void {
    const { schedule, print } = this.#options;
    const { optimizer } = model.compiled;
    const rate = schedule(epoch, Math.fround(optimizer.learningRate));
    if (typeof rate !== 'number' || !(rate >= 0 && rate < Infinity)) {
      throw new Error(`learningRateScheduler: the schedule gives ${shown(rate)} for epoch ${epoch}, wanted a number of at least 0`);
    }
    optimizer.learningRate = rate;
    print?.(`\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${rate}.`);
  }

  onEpochEnd(_: number, logs: Logs, { model }: Run): void {
    logs.lr = Math.fround(model.compiled.optimizer.learningRate);
  }
}

/** Sets the learning rate of each epoch: see LearningRateScheduler. */
export function learningRateScheduler(
  schedule: LearningRateSchedulerOptions['schedule'],
  options: Omit<LearningRateSchedulerOptions, 'schedule'> = {},
): LearningRateScheduler {
  return new LearningRateScheduler({ schedule, ...options });
}
