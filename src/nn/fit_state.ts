import type { GeneratorState } from '../engine/random.js';

/** Everything besides weights and moments that decides the rest of a run, as JSON. */
export interface FitState {
  /** Epoch under way, and batches of it that are done. */
  readonly epoch: number;
  readonly batch: number;
  /** Batches of the order that are done, where epochs are shorter than it and go on in it; else they are those of the epoch. */
  readonly position?: number | undefined;
  /** Whether the epoch is all done but for the source's onEpochEnd(). */
  readonly ended: boolean;
  readonly order: readonly number[];
  readonly totals: {
    readonly loss: number;
    readonly correct: number;
    readonly rows: number;
    readonly counts?: readonly number[] | undefined;
  };
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly numpy: GeneratorState;
  readonly python: GeneratorState;
  readonly source: unknown;
  readonly validationSource: unknown;
  readonly validationPeeked: boolean;
}
