import type { Executor } from '../../engine/executor.js';
import type { Node } from '../../engine/graph.js';
import type { Extra } from '../../formats/checkpoint.js';
import type { Sequential } from '../../nn/model.js';
import type { LiveRun } from './live.js';
import type { PictureSets } from './summary.js';

/** Milliseconds of a node's variants, by name, where they were measured on this adapter. */
export type Findings = (node: Node) => Promise<Readonly<Record<string, number>> | undefined>;

/** What a session has: a compiled model, its pictures, and what computes. */
export interface SessionParts {
  readonly model: Sequential;
  readonly executor: Executor;
  readonly classes: readonly string[];
  readonly rescale: number;
  /** Where the model comes from: a checkpoint, or a run's folder. */
  readonly from: string;
  readonly sets: PictureSets;
  /** What checkpoints of the model keep besides it. */
  readonly extra: Extra;
  /** Of the run that trains the model; a model that was only opened has none. */
  readonly live?: LiveRun | undefined;
  /** Milliseconds of variants that were tried. */
  readonly findings?: Findings | undefined;
  /** Runs work whose plans are not worth trying variants for; default as other work. */
  readonly untuned?: Untuned | undefined;
}

export type Untuned = <T>(work: () => Promise<T>) => Promise<T>;

/** A picture as the model takes it, and its class where that is known. */
export interface ModelPicture {
  /** [height, width, channels]. */
  readonly pixels: Float32Array;
  readonly label: number | undefined;
}
