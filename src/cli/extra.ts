import type { Checkpoint, Extra } from '../formats/checkpoint.js';
import type { RunSettings } from './resume.js';

/** What `wgrad train` keeps in its checkpoints besides the model. */
export interface TrainExtra {
  /** Names of the outputs. */
  readonly classes: readonly string[];
  /** What bytes were multiplied with. */
  readonly rescale: number;
  /** Best val_loss so far. */
  readonly best: number | undefined;
  /** What the run keeps when it goes on. */
  readonly settings?: RunSettings | undefined;
}

/** The face-mask data's classes, for files that hold weights only. */
const DEFAULTS: TrainExtra = { classes: ['with_mask', 'without_mask'], rescale: 1 / 255, best: undefined };

export function extraOf(extra: Extra): TrainExtra {
  return { ...DEFAULTS, ...extra };
}

/**
 * Names of the outputs of a network for images. A file that another program saved has none: then `found` are taken if they are as many, else numbers.
 * Throws where the network is not for colour images or has a single output.
 */
export function classesOf(file: string, { model, compile, extra }: Checkpoint, found: readonly string[] = []): readonly string[] {
  const { inputShape, outputShape } = model;
  const [units] = outputShape as [number];
  if (inputShape.length !== 3 || inputShape[2] !== 3) {
    throw new Error(`${file}: its network takes [${inputShape.join(', ')}], wanted one for colour images, [height, width, 3]`);
  }
  if (units < 2) throw new Error(`${file}: its network has 1 output, wanted one for each class`);
  const weightsOnly = compile === undefined;
  const named = weightsOnly || 'classes' in extra ? extraOf(extra).classes : found;
  return named.length === units ? named : Array.from({ length: units }, (_, i) => `class ${i}`);
}
