import { type Shape, sizeOf } from '../../engine/shape.js';
import { constant, dataOf, type Factor, factor, makeTerms, type Place, pixelLabel, position, type Terms, term } from '../terms.js';
import type { InspectedNumbers, LayerConfig } from './layer.js';

export interface NormalizationConfig extends LayerConfig {
  /** The last one: -1, or its number in the batch's shape. */
  readonly axis: number;
  /** The share of the moving statistics that a step leaves. */
  readonly momentum: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Whether there are beta and gamma. */
  readonly center: boolean;
  readonly scale: boolean;
}

type Numbers = InspectedNumbers<NormalizationConfig>;

/**
 * Whether the moving variance is of n - 1 numbers, and not of the n that the variance itself is of: tf_keras' kernel for pictures does so, its formula for
 * rows does not. Source: tensorflow/core/kernels/fused_batch_norm_op.cc; tf_keras/src/layers/normalization/batch_normalization.py
 */
export const isUnbiased = (input: Shape): boolean => input.length === 3;

/** Of a channel: where its numbers lie, and what they are normalized by. */
interface Channel {
  readonly c: number;
  /** Whether the moments are the batch's own. */
  readonly ofBatch: boolean;
  readonly mean: Factor;
  readonly variance: Factor;
  /** 1 / √(variance + ε), and that times gamma. */
  readonly inverse: number;
  readonly scale: Factor;
  /** Flat indices of the channel's numbers in the rows that count. */
  readonly indices: readonly number[];
}

function channelOf(layer: Numbers, c: number): Channel {
  const ofBatch = layer.training && layer.trainable;
  const [mean, variance] = (ofBatch ? ['batch_mean', 'batch_variance'] : ['moving_mean', 'moving_variance']).map(part =>
    factor(layer, layer.own(part), c),
  ) as [Factor, Factor];
  const inverse = 1 / Math.sqrt(variance.value + layer.config.epsilon);
  const gamma = layer.config.scale ? factor(layer, layer.own('gamma'), c) : constant(1);
  return { c, ofBatch, mean, variance, inverse, scale: { ...gamma, value: gamma.value * inverse }, indices: indicesOf(layer, c) };
}

function indicesOf(layer: Numbers, c: number): number[] {
  const channels = layer.inputShape.at(-1)!;
  const count = (layer.rows * sizeOf(layer.inputShape)) / channels;
  return Array.from({ length: count }, (_, i) => i * channels + c);
}

const channelAt = (layer: Numbers, { index }: Place): number => index % layer.inputShape.at(-1)!;

const inputAt = (layer: Numbers, index: number): Factor => factor(layer, layer.input, index);
const gradientAt = (layer: Numbers, index: number): Factor => factor(layer, `${layer.output}/gradient`, index);

/** How a place in the batch is called. */
function labelOf(layer: Numbers, index: number): string {
  if (layer.inputShape.length !== 3) return `picture ${Math.floor(index / sizeOf(layer.inputShape))}`;
  const [n, y, x, c] = position(index, layer.inputShape as [number, number, number]);
  return pixelLabel(layer, n, y, x, `channel ${c}`);
}

const FROM_BATCH = "The mean and the variance are the batch's own.";
const FROM_MOVING = 'The mean and the variance are the moving ones that training left.';

/** output = gamma · (input − mean) / √(variance + ε) + beta */
export function outputTerms(layer: Numbers, place: Place): Terms {
  const { c, ofBatch, mean, scale } = channelOf(layer, channelAt(layer, place));
  const terms = [term('input', inputAt(layer, place.index), scale), term('− mean', { ...mean, value: -mean.value }, scale)];
  return makeTerms(layer, place, terms, {
    formula: 'output = gamma[c] · (input − mean[c]) / √(variance[c] + ε) + beta[c]',
    ...(layer.config.center && { bias: factor(layer, layer.own('beta'), c) }),
    note: ofBatch ? FROM_BATCH : FROM_MOVING,
  });
}

/** dInput = gamma / √(variance + ε) · (dOutput − mean of dOutput − x̂ · mean of dOutput · x̂), by the batch's moments; else the first part alone */
export function inputTerms(layer: Numbers, place: Place): Terms {
  const { ofBatch, mean, inverse, scale, indices } = channelOf(layer, channelAt(layer, place));
  const own = term('output', gradientAt(layer, place.index), scale);
  const isCounted = place.index < layer.rows * sizeOf(layer.inputShape);
  if (!ofBatch || !isCounted) {
    return makeTerms(layer, place, [own], {
      formula: 'dInput = dOutput · gamma[c] / √(variance[c] + ε)',
      note: ofBatch ? '' : FROM_MOVING,
    });
  }
  const [inputs, gradients] = [dataOf(layer, layer.input), dataOf(layer, `${layer.output}/gradient`)];
  const normal = (index: number): number => (inputs[index]! - mean.value) * inverse;
  const average = (of: (index: number) => number): number => indices.reduce((sum, index) => sum + of(index), 0) / indices.length;
  const [shift, tilt] = [average(index => gradients[index]!), average(index => gradients[index]! * normal(index))];
  const terms = [
    own,
    term('by the mean', constant(-shift), scale),
    term('by the variance', { ...inputAt(layer, place.index), value: -normal(place.index) * tilt }, scale),
  ];
  return makeTerms(layer, place, terms, {
    formula:
      'dInput = gamma[c] / √(variance[c] + ε) · (dOutput − mean of dOutput − x̂ · mean of (dOutput · x̂)), where x̂ = (input − mean[c]) / √(variance[c] + ε)',
    note: "Each number moves the batch's mean and variance, too: what that does to all the others comes back with it.",
  });
}

/** dGamma[c] = Σ dOutput · x̂, dBeta[c] = Σ dOutput */
export function weightTerms(layer: Numbers, place: Place): Terms {
  const { mean, inverse, indices } = channelOf(layer, place.index);
  const isGamma = place.tensor === `${layer.own('gamma')}/gradient`;
  const terms = indices.map(index => {
    const input = inputAt(layer, index);
    const by = isGamma ? { ...input, value: (input.value - mean.value) * inverse } : constant(1);
    return term(labelOf(layer, index), gradientAt(layer, index), by);
  });
  const formula = isGamma
    ? 'dGamma[c] = Σ over pictures and places of dOutput · (input − mean[c]) / √(variance[c] + ε)'
    : 'dBeta[c] = Σ over pictures and places of dOutput';
  return makeTerms(layer, place, terms, { formula });
}

/** What each number of a channel gives, over their count. */
function averageTerms(layer: Numbers, place: Place, by: (input: Factor) => Factor, formula: string): Terms {
  const indices = indicesOf(layer, place.index);
  const terms = indices.map(index => term(labelOf(layer, index), by(inputAt(layer, index)), constant(1 / indices.length)));
  return makeTerms(layer, place, terms, { formula });
}

export const meanTerms = (layer: Numbers, place: Place): Terms =>
  averageTerms(layer, place, input => input, 'mean[c] = Σ over pictures and places of input / n');

export function varianceTerms(layer: Numbers, place: Place): Terms {
  const mean = dataOf(layer, layer.own('batch_mean'))[place.index]!;
  const square = ({ value, ...at }: Factor): Factor => ({ ...at, value: (value - mean) ** 2 });
  return averageTerms(layer, place, square, 'variance[c] = Σ over pictures and places of (input − mean[c])² / n');
}

/** What a moving mean or variance became. */
export function movingTerms(layer: Numbers, place: Place): Terms {
  const { momentum } = layer.config;
  const part = place.tensor === `${layer.own('moving_mean')}/updated` ? 'mean' : 'variance';
  const count = indicesOf(layer, place.index).length;
  const isCorrected = part === 'variance' && isUnbiased(layer.inputShape);
  const correction = isCorrected ? count / Math.max(count - 1, 1) : 1;
  const terms = [
    term('before', factor(layer, layer.own(`moving_${part}`), place.index), constant(momentum)),
    term(`the batch's ${part}`, factor(layer, layer.own(`batch_${part}`), place.index), constant((1 - momentum) * correction)),
  ];
  return makeTerms(layer, place, terms, {
    formula: `moving_${part}' = momentum · moving_${part} + (1 − momentum) · ${part}${isCorrected ? ' · n / (n − 1)' : ''}`,
    note: isCorrected ? 'Of pictures, tf_keras keeps the variance that n numbers let one expect of others: n / (n − 1) times theirs.' : '',
  });
}
