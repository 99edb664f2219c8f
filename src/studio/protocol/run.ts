import type { KernelTime as ProfiledKernel } from '../../gpu/profile.js';
import type { NetworkWords } from '../../run/network_words.js';
import type { RunConfig } from '../../run/options.js';

export type { RunConfig };

/**
 * 'loading': folders are read and kernels tuned. 'paused': the last step is done and the next waits. 'ended': all epochs are done.
 * 'stopped': ended early, saved to go on from. 'failed': see the state's message.
 */
export type RunState = 'loading' | 'running' | 'paused' | 'stopped' | 'ended' | 'failed';

/** Steps by columns, all of one length. */
export interface StepColumns {
  /** The optimizer's step, from the model's first. */
  readonly step: readonly number[];
  readonly epoch: readonly number[];
  /** Means of the epoch so far, as Keras shows them. */
  readonly loss: readonly number[];
  readonly acc: readonly number[];
  /** Mean over the batch alone. */
  readonly batchLoss: readonly number[];
  /** From one result to the next, shared out among the steps of a message; pauses are left out. */
  readonly ms: readonly number[];
}

export interface EpochPoint {
  readonly epoch: number;
  /** The last step of the epoch. */
  readonly step: number;
  readonly loss: number;
  readonly acc: number;
  readonly val_loss?: number;
  readonly val_acc?: number;
  /** Whether its val_loss is the least so far: such epochs are saved. */
  readonly best: boolean;
  /** Of the epoch's steps, without validation and pauses. */
  readonly msPerStep: number;
}

export interface ParameterNorms {
  readonly name: string;
  /** L2 norms of the weights and of their gradient. */
  readonly weight: number;
  readonly gradient: number;
  /** How many of the weights lie in each of equal parts from the least to the largest. */
  readonly histogram?: { readonly low: number; readonly high: number; readonly counts: readonly number[] } | undefined;
}

/** State of the network for one batch, measured between two steps, without dropout. */
export interface NormsPoint {
  readonly step: number;
  readonly parameters: readonly ParameterNorms[];
  /** Share of the units of each relu layer that are 0 for every picture of the batch and at every place. */
  readonly dead: readonly { readonly layer: string; readonly share: number }[];
}

/** Of its parts, all but the share of a peak, which is not measured while a run goes on. */
export type KernelTime = Omit<ProfiledKernel, 'ofPeak'>;

/** Medians over the last steps, by the device's clock. */
export interface KernelTimes {
  readonly step: number;
  readonly busyMs: number;
  /** Share of the time in which no kernel ran. */
  readonly idle: number;
  readonly kernels: readonly KernelTime[];
}

/** What a run is for, where it ends by itself before all its epochs are done. */
export interface RunGoal {
  /** It ends where val_acc was larger than this */
  readonly accuracy: number;
  /** in so many epochs one after another, */
  readonly epochs: number;
  /** or where another epoch would take it beyond this time since its start, the reading of pictures included. */
  readonly seconds: number;
}

/** Everything of the run under way, or of the last: what a page that is opened late draws at once. */
export interface RunHistory {
  /** Grows with each start. */
  readonly id: number;
  readonly config: RunConfig;
  readonly goal?: RunGoal | undefined;
  readonly state: RunState;
  readonly message?: string | undefined;
  /** Batches an epoch; 0 while loading. */
  readonly stepsPerEpoch: number;
  /** Thinned out where there are very many: the columns' steps then lie further apart. */
  readonly steps: StepColumns;
  readonly epochs: readonly EpochPoint[];
  readonly norms: readonly NormsPoint[];
  readonly kernels?: KernelTimes | undefined;
}

/** A run read from its out folder's history.json. */
export interface PastRun {
  /** For links: the folder's place below the folder of runs. */
  readonly name: string;
  readonly seed?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly images?: number | undefined;
  /** What was done to the pictures at random: 'rotationRange 40, zoomRange 0.2', or 'none'. */
  readonly augmentation?: string | undefined;
  readonly adapter?: string | undefined;
  /** ISO 8601. */
  readonly date?: string | undefined;
  readonly network?: NetworkWords | undefined;
  /** By name: 'loss', 'acc', 'val_loss', 'val_acc', one number an epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Checkpoints in the folder, which `open` takes, as paths. */
  readonly checkpoints: readonly string[];
}
