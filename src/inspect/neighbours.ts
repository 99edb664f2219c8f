import type { Model } from '../nn/base_model.js';
import { denseRecord } from '../nn/layers/dense.js';

export interface Neighbour {
  /** Of the row among those that were searched. */
  readonly index: number;
  /** L2: the root of the sum of squared differences. */
  readonly distance: number;
}

/**
 * Index of the layer whose output says best what a model sees: the last dense one before the one that decides, or what goes into that one where it is
 * the only one. None where the model decides from the pictures themselves.
 */
export function featureLayer({ layers }: Model): number | undefined {
  const dense = layers.flatMap(({ layer }, i) => (layer.record.kind === denseRecord.kind ? [i] : []));
  const found = dense.length > 1 ? dense.at(-2)! : (dense.at(-1) ?? 0) - 1;
  return found < 0 ? undefined : found;
}

/** The rows of `features` [rows, width] nearest to `query` [width], the nearest first; of equally near ones the first. `isLeftOut`: rows that don't count. */
export function nearest(
  features: Float32Array,
  query: Float32Array,
  count: number,
  isLeftOut: (index: number) => boolean = () => false,
): Neighbour[] {
  const width = query.length;
  const distances = Array.from({ length: features.length / width }, (_, index) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (features[index * width + k]! - query[k]!) ** 2;
    return { index, distance: Math.sqrt(sum) };
  });
  return distances
    .filter(({ index }) => !isLeftOut(index))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count);
}
