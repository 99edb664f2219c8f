import {
  binaryCrossentropyLogitsBackward,
  binaryCrossentropyLogitsForward,
  categoricalCrossentropyLogitsBackward,
  categoricalCrossentropyLogitsForward,
} from '../../../../reference/crossentropy.js';
import { softmaxForward } from '../../../../reference/softmax.js';

export type SurfaceLoss = 'binary' | 'categorical';

const ONE_ROW = { batch: 1, units: 2, firstRow: 0, rows: 1 } as const;

/** One picture's two logits, and what the loss makes of them. */
export interface LossPoint {
  readonly logits: readonly [number, number];
  readonly probabilities: readonly [number, number];
  readonly loss: number;
  /** dLoss / dLogit of each. */
  readonly gradient: readonly [number, number];
}

const FORWARD = { binary: binaryCrossentropyLogitsForward, categorical: categoricalCrossentropyLogitsForward };
const BACKWARD = { binary: binaryCrossentropyLogitsBackward, categorical: categoricalCrossentropyLogitsBackward };

/** The loss at two logits where the true class is `label`, with its gradient, by the engine's reference formulas. */
export function lossAt(kind: SurfaceLoss, z0: number, z1: number, label: 0 | 1): LossPoint {
  const logits = Float64Array.of(z0, z1);
  const labels = Float64Array.of(1 - label, label);
  const [loss, dLogits, output] = [new Float64Array(1), new Float64Array(2), new Float64Array(2)];
  FORWARD[kind]({ logits, labels, loss }, ONE_ROW);
  BACKWARD[kind]({ logits, labels, dLogits }, ONE_ROW);
  softmaxForward({ input: logits, output }, ONE_ROW);
  return { logits: [z0, z1], probabilities: [output[0]!, output[1]!], loss: loss[0]!, gradient: [dLogits[0]!, dLogits[1]!] };
}

/** The loss on a grid over both logits from -reach to reach: [size, size], the second logit upwards. */
export function lossGrid(kind: SurfaceLoss, label: 0 | 1, reach: number, size: number): Float64Array {
  const at = (i: number): number => ((i + 0.5) / size) * 2 * reach - reach;
  return Float64Array.from({ length: size * size }, (_, i) => lossAt(kind, at(i % size), -at(Math.floor(i / size)), label).loss);
}
