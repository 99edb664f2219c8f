import type { Extra } from '../formats/checkpoint.js';

/** What `wgrad train` keeps in its checkpoints besides the model. */
export interface TrainExtra {
  /** Names of the outputs. */
  readonly classes: readonly string[];
  /** What bytes were multiplied with. */
  readonly rescale: number;
  /** Best val_loss so far. */
  readonly best: number | undefined;
}

/** The face-mask data's classes, for files that hold weights only. */
const DEFAULTS: TrainExtra = { classes: ['with_mask', 'without_mask'], rescale: 1 / 255, best: undefined };

export function extraOf(extra: Extra): TrainExtra {
  return { ...DEFAULTS, ...extra };
}
