import type { Data } from './base_model.js';
import type { Callback, FitParams } from './callbacks/callback.js';
import type { ClassWeight } from './class_weights.js';
import type { Autosave } from './evaluate.js';
import type { FitState } from './fit_state.js';
import type { LayerStack } from './layer_stack.js';

export interface FitOptions {
  /** Default 1. With `resume`: in all, counted from the very first. */
  readonly epochs?: number;
  readonly validationData?: Data | undefined;
  /** How much each class counts in the loss of training, by its index: all from 0 on. Rows with weights of their own count by the product. */
  readonly classWeight?: ClassWeight | undefined;
  /** Batches an epoch; at most, and by default, all. Arrays go on in the next epoch where they were, as in Keras; other sources begin anew. */
  readonly stepsPerEpoch?: number | undefined;
  /** Batches of each validation; at most, and by default, all. */
  readonly validationSteps?: number | undefined;
  readonly callbacks?: readonly Callback[];
  /** Whether the order of batches is drawn anew each epoch. Default true. */
  readonly shuffle?: boolean;
  /** Steps in all, counted from the model's first, after which the epoch under way ends early and is the last. */
  readonly maxSteps?: number | undefined;
  /** When aborted, fit() ends after the step under way; model.training then says where it stands. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Steps after which weights and moments are copied to the host, where a lost device does not take them along: the steps since are run again. Default: at
   * epochs' ends, so seldom that it takes at most 5 % of the time, and within an epoch after a minute, at most 0.5 % of it. It is also done where a callback
   * readsModel.
   */
  readonly snapshotSteps?: number | undefined;
  /** Saves now and then, so that little is lost where the program is ended from outside. */
  readonly autosave?: Autosave | undefined;
  /** Goes on from where model.training of an earlier fit() on the same data stood; throws where the data is other. */
  readonly resume?: FitState | undefined;
  /** With `resume`: goes on with other data than that fit() had; an epoch that was under way begins anew. */
  readonly otherData?: boolean | undefined;
}

/** Losses and metrics by epoch. */
export interface History {
  readonly epoch: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly params: FitParams;
  /** Whether it ended by its signal. */
  readonly interrupted: boolean;
}

/** Options that are counts, and the least that each may be. */
const COUNTS = [
  ['epochs', 0],
  ['maxSteps', 0],
  ['snapshotSteps', 1],
  ['stepsPerEpoch', 1],
  ['validationSteps', 1],
] as const;

/** Without an end is a count, too. */
function checkCount(name: string, value: number | undefined, low: number): void {
  const isCount = value === undefined || value === Infinity || (Number.isInteger(value) && value >= low);
  if (!isCount) throw new Error(`fit: ${name} is ${value}, wanted a whole number of at least ${low}`);
}

/** Throws where an option that counts something is no count. */
export function checkCounts(options: FitOptions): void {
  for (const [name, low] of COUNTS) checkCount(name, options[name], low);
}

/** Throws where no weight would change. */
export function checkTrains({ name, weightSpecs, layers }: LayerStack): void {
  if (weightSpecs.some(({ trainable }) => trainable)) return;
  const frozen = layers.filter(({ layer, parameters }) => !layer.trainable && parameters.length > 0);
  if (frozen.length === 0) throw new Error(`fit: '${name}' has no weights to train`);
  throw new Error(`fit: no weight of '${name}' is trained: trainable is false of ${frozen.map(layer => layer.name).join(', ')}`);
}
