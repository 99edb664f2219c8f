import type { Tensor } from '../../engine/tensor.js';
import { batchMoments, batchNorm, movingAverage } from '../../ops/batch_norm.js';
import { rescaling } from '../../ops/rescaling.js';
import { zeros as zerosOp } from '../../ops/zeros.js';
import { ones, zeros } from '../initializers.js';
import { defaulted, fields, flag, list, number, type Read, whole } from '../json.js';
import { Layer, type LayerOptions, type LayerRecord } from './layer.js';
import {
  type NormalizationConfig as Config,
  inputTerms,
  isUnbiased,
  meanTerms,
  movingTerms,
  outputTerms,
  varianceTerms,
  weightTerms,
} from './normalization_terms.js';
import type { WeightOptions } from './weight_options.js';

/** A number, or a list of it alone, as Keras has both. */
const readAxis: Read<number> = (value, at) => (Array.isArray(value) ? list(whole(-1), 1)(value, at)[0]! : whole(-1)(value, at));

const readConfig = fields({
  axis: defaulted(readAxis, -1),
  momentum: defaulted(number(0, 1), 0.99),
  epsilon: defaulted(number(0), 1e-3),
  center: defaulted(flag, true),
  scale: defaulted(flag, true),
});

export const batchNormalizationRecord: LayerRecord<Config> = {
  kind: 'batch_normalization',
  className: 'BatchNormalization',
  config: readConfig,
  keras: { fixed: { renorm: false, virtual_batch_size: null } },
  weights({ center, scale }, input) {
    const shape = [input.at(-1)!];
    return [
      ...(scale ? [{ name: 'gamma', shape, init: ones }] : []),
      ...(center ? [{ name: 'beta', shape, init: zeros }] : []),
      { name: 'moving_mean', shape, init: zeros, trainable: false },
      { name: 'moving_variance', shape, init: ones, trainable: false },
    ];
  },
  outputShape({ axis }, input) {
    if (axis === -1 || axis === input.length) return input;
    throw new Error(`batchNormalization: axis is ${axis}, wanted -1 or ${input.length}, the last one of its input`);
  },
  call({ epsilon, momentum }, input, { weights, training, trainable }) {
    const { moving_mean: movingMean, moving_variance: movingVariance } = weights as Record<string, Tensor>;
    const channels = input.shape.at(-1)!;
    const beta = weights.beta ?? zerosOp(input.graph, channels);
    const gamma = weights.gamma ?? rescaling(zerosOp(input.graph, channels), { scale: 0, offset: 1 });
    const affine = { gamma, beta, epsilon };
    if (!training || !trainable) {
      return { output: batchNorm(input, { ...affine, mean: movingMean!, variance: movingVariance!, ofBatch: false }) };
    }
    const { mean, variance } = batchMoments(input);
    const average = { keep: momentum, input };
    return {
      output: batchNorm(input, { ...affine, mean, variance, ofBatch: true }),
      state: {
        moving_mean: movingAverage(movingMean!, mean, { ...average, isUnbiased: false }),
        moving_variance: movingAverage(movingVariance!, variance, { ...average, isUnbiased: isUnbiased(input.shape.slice(1)) }),
      },
      parts: { batch_mean: mean, batch_variance: variance },
    };
  },
  keepsPlaces: true,
  describe: ({ momentum }) => `each channel to mean 0 and variance 1; momentum ${momentum}`,
  terms: {
    output: outputTerms,
    inputGradient: inputTerms,
    weightGradients: { gamma: weightTerms, beta: weightTerms },
    state: { moving_mean: movingTerms, moving_variance: movingTerms },
    parts: { batch_mean: meanTerms, batch_variance: varianceTerms },
  },
};

/**
 * Normalizes each channel of [height, width, channels] or [features] to the mean and variance of the batch, then times gamma [channels] plus beta [channels];
 * outside training, and where the layer is not trainable, by moving averages of them, the weights moving_mean and moving_variance.
 * Defaults: momentum 0.99, epsilon 1e-3, center and scale true.
 */
export function batchNormalization(
  options: LayerOptions &
    WeightOptions<'gamma' | 'beta' | 'movingMean' | 'movingVariance'> &
    Partial<Omit<Config, 'axis' | 'activation'>> = {},
): Layer {
  const { momentum, epsilon, center, scale } = options;
  return Layer.of<Config>(batchNormalizationRecord, readConfig({ momentum, epsilon, center, scale }, 'batchNormalization'), options);
}
