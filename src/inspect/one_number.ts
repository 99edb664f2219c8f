import { sameShape } from '../engine/shape.js';
import { clippedTerms } from '../nn/clipping.js';
import { dataOf, givenTerms, position, type Terms } from '../nn/terms.js';
import { gradientTerms, layerTerms, stateTerms, wholeLossTerms } from './layer_terms.js';
import type { Inspection, Region } from './types.js';
import { explainUpdate } from './update_terms.js';

/** 'logits' and 'probabilities' by the names of their layer's tensors. */
function resolved(inspection: Inspection, tensor: string): string {
  const last = inspection.layers.at(-1)!;
  return tensor.replace(/^logits/, last.linear).replace(/^probabilities/, `layer${last.index}/output`);
}

/**
 * How any number of an inspection was computed: `tensor` is a name of it, `index` flat. Pixels, labels and weights before the step are given.
 * Of the updated weights and moments it is the optimizer's step: explainUpdate() has all of it together.
 * Throws where the inspection lacks the tensor or one that the terms need.
 */
export function explainNumber(inspection: Inspection, tensor: string, index: number): Terms {
  const name = resolved(inspection, tensor);
  const { data } = inspection.tensors[name] ?? { data: dataOf(inspection, tensor) };
  if (!Number.isInteger(index) || index < 0 || index >= data.length) {
    throw new Error(`inspection: '${tensor}' has ${data.length} numbers, number ${index} was asked for`);
  }
  if (name === 'loss') return wholeLossTerms(inspection);
  if (name === 'input') return givenTerms(inspection, { tensor, index }, 'A number of the picture, as the network takes it.');
  if (name === 'labels') return givenTerms(inspection, { tensor, index }, 'The label: 1 for the true class.');
  if (name === 'sample_weights') return givenTerms(inspection, { tensor, index }, 'How much the picture counts in the loss.');
  if (name.endsWith('/clipped_gradient')) return clippedTerms(inspection, { tensor: name, index }, inspection.optimizer.config);
  if (name.endsWith('/gradient')) return gradientTerms(inspection, name.slice(0, -'/gradient'.length), index);
  const [, digits, part, slot, updated] = /^layer(\d+)\/(\w+)(?:\/(\w+))?(?:\/(updated))?$/.exec(name)!;
  const layer = inspection.layers[Number(digits)]!;
  const found = layer.weights.find(({ name: weight }) => weight === part);
  if (!found) return layerTerms(inspection, layer, part!, index);
  const weight = `layer${digits}/${part}`;
  if (slot === 'updated')
    return found.trainable ? explainUpdate(inspection, weight, index).weight : stateTerms(inspection, layer, part!, index);
  if (updated) return explainUpdate(inspection, weight, index).slots.find(({ place }) => place.tensor === name)!;
  const note = slot
    ? "The optimizer's, from the steps before; 0 at first."
    : found.trainable
      ? 'A weight: drawn at first, changed by each step since.'
      : 'A weight that is not trained: no gradient changes it.';
  return givenTerms(inspection, { tensor, index }, note);
}

/**
 * What a layer's output depends on, back to the picture: of each tensor of pictures before it the part that its windows cover, the nearest first;
 * none where all of that is padding.
 * `index` is flat in 'layer<layer>/output'. Behind a flatten, everything depends on everything: the whole pictures.
 */
export function receptiveField({ layers }: Pick<Inspection, 'layers'>, layer: number, index: number): Region[] {
  const shape = layers[layer]!.outputShape;
  let [top, left, height, width] = [0, 0, 0, 0];
  if (shape.length === 3) {
    const [, row, column] = position(index, shape as [number, number, number]);
    [top, left, height, width] = [row, column, 1, 1];
  }
  const regions: Region[] = [];
  for (let at = layer; at >= 0; at--) {
    const { window, outputShape, inputShape: from } = layers[at]!;
    if (from.length !== 3) continue;
    if (outputShape.length !== 3 || (!window && !sameShape(outputShape, from))) [top, left, height, width] = [0, 0, from[0]!, from[1]!];
    else if (window) {
      const first = [top * window.strideHeight - window.padTop, left * window.strideWidth - window.padLeft] as const;
      const end = [
        first[0] + (height - 1) * window.strideHeight + (window.kernelHeight - 1) * window.dilationHeight + 1,
        first[1] + (width - 1) * window.strideWidth + (window.kernelWidth - 1) * window.dilationWidth + 1,
      ] as const;
      [top, left] = [Math.max(first[0], 0), Math.max(first[1], 0)];
      [height, width] = [Math.max(Math.min(end[0], window.height) - top, 0), Math.max(Math.min(end[1], window.width) - left, 0)];
      // What lies in the padding alone depends on nothing before it.
      if (height === 0 || width === 0) return regions;
    }
    regions.push({ tensor: at === 0 ? 'input' : `layer${at - 1}/output`, top, left, height, width });
  }
  return regions;
}
