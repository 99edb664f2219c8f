import type { Model } from '../base_model.js';
import type { BatchResult } from '../batch_log.js';

/** Numbers of an epoch by name. One object goes through all callbacks: what one adds, the later ones and the history see. */
export type Logs = Record<string, number>;

export interface FitParams {
  readonly epochs: number;
  /** Batches an epoch. */
  readonly steps: number;
}

/** What callbacks are told of the run that they watch. */
export interface Run {
  readonly model: Model;
  readonly params: FitParams;
  /** Whether each epoch ends with a validation, whose numbers are 'val_…'. */
  readonly hasValidation: boolean;
}

/** Hooks into fit(), in Keras' order: train begin; per epoch its begin, its batches, validation, its end; train end. */
export interface Callback {
  onTrainBegin?(run: Run): void | Promise<void>;
  onEpochBegin?(epoch: number, run: Run): void | Promise<void>;
  /**
   * Before the batch at `index` of the epoch is asked for. A promise holds the step back until it resolves; what the steps before it gave is read
   * first, so that onBatchesEnd has told of all of them. Nothing that a held step computes depends on when it is let go.
   */
  onBatchBegin?(index: number, run: Run): void | Promise<void>;
  /** After results of batches arrive, a few at a time, with the means of the epoch up to each. */
  onBatchesEnd?(results: readonly BatchResult[], means: readonly Readonly<Logs>[], run: Run): void;
  onTestBegin?(run: Run): void | Promise<void>;
  onTestEnd?(logs: Readonly<Logs>, run: Run): void | Promise<void>;
  /** Whether onEpochEnd reads the weights or saves the model: the device's numbers are then copied once for all that do. */
  readonly readsModel?: boolean;
  onEpochEnd?(epoch: number, logs: Logs, run: Run): void | Promise<void>;
  onTrainEnd?(run: Run): void | Promise<void>;
}

/** Keras' LambdaCallback: here every object with hooks is a callback, so this only names one. */
export function lambdaCallback(hooks: Callback): Callback {
  return hooks;
}
