import { Graph } from '../engine/graph.js';
import type { Padding, Shape } from '../engine/shape.js';
import type { DType, Tensor, Variable } from '../engine/tensor.js';
import { ACTIVATIONS, type Activation } from '../nn/activations.js';
import { binaryAccuracy, categoricalAccuracy } from '../ops/accuracy.js';
import { adam } from '../ops/adam.js';
import { add } from '../ops/add.js';
import { assign } from '../ops/assign.js';
import { augment, type FillMode } from '../ops/augment.js';
import { avgPool2d } from '../ops/avg_pool2d.js';
import { batchMoments, batchNorm, movingAverage } from '../ops/batch_norm.js';
import { clipNorm, clipValue, squaredNorm } from '../ops/clip.js';
import { type ClippedRelu, clippedRelu } from '../ops/clipped_relu.js';
import { brightness, channelShift } from '../ops/color.js';
import { conv2d } from '../ops/conv2d.js';
import { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from '../ops/crossentropy.js';
import { dense } from '../ops/dense.js';
import { depthwiseConv2d } from '../ops/depthwise_conv2d.js';
import { channelDropout, dropout, dropoutMask } from '../ops/dropout.js';
import { globalMaxPool2d } from '../ops/global_max_pool2d.js';
import { type LossRows, smoothLabels } from '../ops/loss.js';
import { maxPool2d } from '../ops/max_pool2d.js';
import { confusion, scoreHistogram, topKAccuracy } from '../ops/metrics.js';
import { multiplyAdd } from '../ops/multiply_add.js';
import { note } from '../ops/note.js';
import { penalty } from '../ops/penalty.js';
import { record } from '../ops/record.js';
import { absoluteError, squaredError } from '../ops/regression.js';
import { relu } from '../ops/relu.js';
import { rescaling } from '../ops/rescaling.js';
import { type RmspropOptions, rmsprop } from '../ops/rmsprop.js';
import { type ScaledElu, scaledElu } from '../ops/scaled_elu.js';
import { sgd } from '../ops/sgd.js';
import { featurewise, samplewise } from '../ops/standardize.js';
import { weightDecay } from '../ops/weight_decay.js';
import { type Padding2d, zeroPad2d } from '../ops/zero_pad2d.js';
import type { Fill } from './fill.js';

/** A case made concrete: a graph, what its inputs hold, and what is differentiated. */
export interface Problem {
  readonly graph: Graph;
  readonly inputs: readonly { readonly tensor: Tensor; readonly fill: Fill }[];
  readonly variables: readonly { readonly variable: Variable; readonly fill: Fill }[];
  readonly outputs: readonly Tensor[];
  /** Inputs that the first output is differentiated by. */
  readonly wrt: readonly Tensor[];
  /** Where that is none: why the op needs no gradient. */
  readonly noGradient?: string;
  /** Whether the output is a loss, which is differentiated without a gradient arriving at it. */
  readonly isLoss: boolean;
  readonly scalars: Readonly<Record<string, number>>;
}

interface Window {
  readonly input: Shape;
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly fill?: Fill;
}

interface Filters extends Window {
  readonly filters: number;
}

/** An activation function, by its name. */
interface ActivationCase {
  readonly op: Exclude<Activation, 'linear'>;
  readonly input: Shape;
  readonly fill?: Fill;
}

const isActivation = (of: Case): of is ActivationCase => of.op in ACTIVATIONS;

/** An op and sizes to try it at, as data: the label, the checks, the gradient checks and the benchmarks are all derived from it. */
const CROSSENTROPIES = {
  binary_crossentropy: binaryCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
};
const ERRORS = { mean_squared_error: squaredError.apply, mean_absolute_error: absoluteError.apply };

export type Case =
  | ActivationCase
  | ({ readonly op: 'clipped_relu'; readonly input: Shape; readonly fill?: Fill } & ClippedRelu)
  | ({ readonly op: 'scaled_elu'; readonly input: Shape; readonly fill?: Fill } & ScaledElu)
  | { readonly op: 'add'; readonly input: Shape }
  | ({ readonly op: 'conv2d'; readonly dilation?: readonly [number, number]; readonly useBias?: false } & Filters)
  | ({
      readonly op: 'depthwise_conv2d';
      readonly multiplier: number;
      readonly dilation?: readonly [number, number];
      readonly useBias?: false;
    } & Window)
  | ({ readonly op: 'conv2d_pool'; readonly useBias?: false } & Filters)
  | ({ readonly op: 'max_pool2d' | 'avg_pool2d' } & Window)
  | { readonly op: 'global_max_pool2d'; readonly input: Shape; readonly fill?: Fill }
  | { readonly op: 'zero_pad2d'; readonly input: Shape; readonly padding: Padding2d }
  | { readonly op: 'augment'; readonly input: Shape; readonly fillMode: FillMode; readonly cval: number; readonly rescale: number }
  | { readonly op: 'channel_shift'; readonly input: Shape; readonly rescale: number }
  | { readonly op: 'brightness'; readonly input: Shape; readonly stretch: boolean; readonly rescale: number; readonly fill?: Fill }
  | { readonly op: 'samplewise' | 'featurewise'; readonly input: Shape; readonly normalize: boolean }
  | { readonly op: 'dense'; readonly input: Shape; readonly units: number; readonly useBias?: false }
  | { readonly op: 'batch_norm'; readonly input: Shape; readonly rows: number; readonly epsilon: number }
  | { readonly op: 'running_norm'; readonly input: Shape; readonly epsilon: number }
  | { readonly op: 'folded_norm'; readonly input: Shape; readonly filters: number; readonly epsilon: number }
  | { readonly op: 'moving_average'; readonly input: Shape; readonly rows: number; readonly keep: number; readonly isUnbiased: boolean }
  | { readonly op: 'rescaling'; readonly input: Shape; readonly scale: number; readonly offset: number }
  | {
      readonly op: 'channel_dropout';
      readonly input: Shape;
      readonly rate: number;
      readonly rowsBefore: number;
      readonly firstRow?: number;
    }
  | { readonly op: 'dropout'; readonly input: Shape; readonly rate: number; readonly rowsBefore: number; readonly firstRow?: number }
  | {
      readonly op: keyof typeof CROSSENTROPIES;
      readonly from: 'logits' | 'probs';
      readonly input: Shape;
      readonly rows: number;
      readonly firstRow?: number;
      readonly fill?: Fill;
      readonly isWeighted?: true;
    }
  | {
      readonly op: keyof typeof ERRORS;
      readonly input: Shape;
      readonly rows: number;
      readonly firstRow?: number;
      readonly isWeighted?: true;
    }
  | { readonly op: 'smooth_labels'; readonly input: Shape; readonly smoothing: number; readonly classes: number }
  | { readonly op: 'categorical_accuracy' | 'binary_accuracy'; readonly input: Shape; readonly rows: number; readonly firstRow?: number }
  | { readonly op: 'adam'; readonly size: number; readonly beta1: number; readonly beta2: number; readonly epsilon: number }
  | { readonly op: 'sgd'; readonly size: number; readonly momentum: number; readonly nesterov?: boolean }
  | ({ readonly op: 'rmsprop'; readonly size: number } & RmspropOptions)
  | { readonly op: 'weight_decay'; readonly size: number; readonly decay: number }
  | { readonly op: 'clip_value' | 'squared_norm' | 'clip_norm'; readonly size: number; readonly limit: number }
  | { readonly op: 'assign'; readonly size: number }
  | { readonly op: 'multiply_add'; readonly size: number; readonly rounds: number; readonly factor: number; readonly addend: number }
  | { readonly op: 'penalty'; readonly input: Shape; readonly l1: number; readonly l2: number }
  | { readonly op: 'record'; readonly slot: number; readonly width?: number }
  | { readonly op: 'note'; readonly size: number; readonly slot: number; readonly width: number; readonly offset: number }
  | { readonly op: 'top_k_accuracy'; readonly input: Shape; readonly rows: number; readonly firstRow?: number; readonly k: number }
  | { readonly op: 'confusion'; readonly input: Shape; readonly rows: number; readonly firstRow?: number; readonly threshold: number }
  | { readonly op: 'score_histogram'; readonly input: Shape; readonly rows: number; readonly firstRow?: number; readonly buckets: number };

/** Sizes that hurt: odd, not square, one channel and three, more than one workgroup, every parameter off its default. */
export const cases: readonly Case[] = [
  { op: 'add', input: [3, 5, 7] },
  { op: 'add', input: [257] },
  { op: 'relu', input: [2, 7, 5, 3] },
  { op: 'relu', input: [131], fill: 'ties' },
  { op: 'sigmoid', input: [5, 27] },
  { op: 'tanh', input: [5, 27] },
  { op: 'tanh', input: [2, 131], fill: 'wide' },
  { op: 'leaky_relu', input: [2, 7, 5, 3] },
  { op: 'clipped_relu', input: [3, 131], slope: 0.3, threshold: 1, most: 6, slopeAtThreshold: 0, slopeAtMost: 1 },
  { op: 'clipped_relu', input: [131], slope: 0.1, threshold: 0, most: 1, slopeAtThreshold: 0, slopeAtMost: 0.7, fill: 'ties' },
  { op: 'elu', input: [2, 131], fill: 'spread' },
  { op: 'selu', input: [2, 7, 5, 3] },
  { op: 'scaled_elu', input: [5, 27], alpha: 0.4, scale: 2.5, slopeAtZero: 1 },
  { op: 'scaled_elu', input: [131], alpha: 0.4, scale: 1, slopeAtZero: 0.7, fill: 'ties' },
  { op: 'gelu', input: [5, 27] },
  { op: 'gelu', input: [3, 131], fill: 'spread' },
  { op: 'silu', input: [5, 27] },
  { op: 'silu', input: [2, 131], fill: 'wide' },
  { op: 'softplus', input: [5, 27] },
  { op: 'softplus', input: [2, 131], fill: 'wide' },
  { op: 'exponential', input: [3, 131], fill: 'spread' },
  { op: 'hard_sigmoid', input: [3, 131], fill: 'spread' },
  { op: 'hard_sigmoid_keras3', input: [3, 131], fill: 'spread' },
  { op: 'softmax', input: [3, 2] },
  { op: 'softmax', input: [2, 3, 5, 4] },
  { op: 'softmax', input: [70, 5] },
  { op: 'conv2d', input: [2, 7, 9, 3], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 5 },
  { op: 'conv2d', input: [3, 8, 6, 1], window: [3, 3], strides: [1, 1], padding: 'same', filters: 4 },
  { op: 'conv2d', input: [1, 13, 10, 4], window: [5, 2], strides: [2, 3], padding: 'same', filters: 7 },
  { op: 'conv2d', input: [2, 9, 11, 2], window: [2, 4], strides: [3, 2], padding: 'valid', filters: 3 },
  { op: 'conv2d', input: [2, 5, 4, 6], window: [1, 1], strides: [1, 1], padding: 'valid', filters: 9 },
  { op: 'conv2d', input: [2, 18, 15, 16], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 20 },
  { op: 'conv2d', input: [1, 3, 3, 10], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 12 },
  { op: 'conv2d', input: [3, 9, 14, 8], window: [3, 3], strides: [1, 1], padding: 'same', filters: 12 },
  { op: 'conv2d', input: [2, 11, 14, 3], window: [3, 4], strides: [1, 1], padding: 'valid', filters: 6, dilation: [3, 2] },
  { op: 'conv2d', input: [3, 8, 5, 8], window: [3, 3], strides: [1, 1], padding: 'same', filters: 12, dilation: [2, 3] },
  { op: 'conv2d', input: [1, 9, 6, 2], window: [2, 3], strides: [1, 1], padding: 'same', filters: 5, dilation: [1, 7], useBias: false },
  { op: 'conv2d', input: [2, 9, 14, 8], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 12, useBias: false },
  { op: 'depthwise_conv2d', input: [2, 7, 9, 3], window: [3, 3], strides: [1, 1], padding: 'valid', multiplier: 1 },
  { op: 'depthwise_conv2d', input: [3, 9, 6, 5], window: [3, 2], strides: [2, 2], padding: 'same', multiplier: 3 },
  { op: 'depthwise_conv2d', input: [1, 13, 11, 1], window: [2, 5], strides: [1, 3], padding: 'valid', multiplier: 4, useBias: false },
  { op: 'depthwise_conv2d', input: [2, 8, 12, 4], window: [3, 2], strides: [1, 1], padding: 'same', multiplier: 2, dilation: [2, 5] },
  { op: 'depthwise_conv2d', input: [1, 9, 21, 2], window: [2, 5], strides: [1, 1], padding: 'valid', multiplier: 1, dilation: [3, 4] },
  { op: 'depthwise_conv2d', input: [3, 33, 26, 4], window: [3, 3], strides: [1, 1], padding: 'same', multiplier: 1 },
  { op: 'conv2d_pool', input: [2, 8, 10, 3], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 20 },
  { op: 'conv2d_pool', input: [3, 9, 7, 1], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 5 },
  { op: 'conv2d_pool', input: [1, 12, 11, 6], window: [3, 3], strides: [1, 1], padding: 'same', filters: 9 },
  { op: 'conv2d_pool', input: [1, 15, 13, 4], window: [5, 2], strides: [1, 2], padding: 'same', filters: 12 },
  { op: 'conv2d_pool', input: [2, 21, 18, 12], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 24 },
  { op: 'conv2d_pool', input: [1, 4, 5, 50], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 70 },
  { op: 'conv2d_pool', input: [1, 13, 16, 44], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 36 },
  { op: 'conv2d_pool', input: [3, 9, 6, 4], window: [3, 3], strides: [1, 1], padding: 'same', filters: 12 },
  { op: 'conv2d_pool', input: [2, 22, 19, 12], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 20, fill: 'even' },
  { op: 'conv2d_pool', input: [3, 9, 6, 44], window: [3, 3], strides: [1, 1], padding: 'same', filters: 36 },
  { op: 'conv2d_pool', input: [3, 10, 7, 12], window: [3, 3], strides: [1, 1], padding: 'same', filters: 20, useBias: false },
  { op: 'max_pool2d', input: [2, 8, 6, 5], window: [2, 2], strides: [2, 2], padding: 'valid' },
  { op: 'max_pool2d', input: [2, 7, 9, 3], window: [2, 2], strides: [2, 2], padding: 'valid', fill: 'ties' },
  { op: 'max_pool2d', input: [1, 11, 7, 2], window: [3, 2], strides: [2, 1], padding: 'same' },
  { op: 'max_pool2d', input: [1, 9, 10, 1], window: [4, 3], strides: [3, 4], padding: 'same', fill: 'ties' },
  { op: 'avg_pool2d', input: [2, 8, 6, 5], window: [2, 2], strides: [2, 2], padding: 'valid' },
  { op: 'avg_pool2d', input: [2, 7, 9, 3], window: [3, 2], strides: [2, 1], padding: 'same' },
  { op: 'avg_pool2d', input: [1, 9, 10, 1], window: [4, 3], strides: [3, 4], padding: 'same' },
  { op: 'avg_pool2d', input: [1, 11, 7, 2], window: [2, 1], strides: [3, 2], padding: 'valid' },
  { op: 'avg_pool2d', input: [3, 9, 13, 70], window: [9, 13], strides: [1, 1], padding: 'valid' },
  { op: 'avg_pool2d', input: [1, 10, 9, 3], window: [11, 8], strides: [2, 3], padding: 'same' },
  { op: 'global_max_pool2d', input: [3, 9, 13, 35] },
  { op: 'global_max_pool2d', input: [2, 1, 5, 67] },
  { op: 'global_max_pool2d', input: [2, 8, 11, 3], fill: 'ties' },
  {
    op: 'zero_pad2d',
    input: [2, 5, 7, 3],
    padding: [
      [1, 2],
      [3, 0],
    ],
  },
  {
    op: 'zero_pad2d',
    input: [1, 4, 3, 1],
    padding: [
      [0, 9],
      [0, 17],
    ],
  },
  {
    op: 'zero_pad2d',
    input: [3, 3, 2, 4],
    padding: [
      [0, 0],
      [0, 0],
    ],
  },
  { op: 'augment', input: [3, 9, 14, 3], fillMode: 'nearest', cval: 0, rescale: 1 / 255 },
  { op: 'augment', input: [2, 15, 8, 1], fillMode: 'constant', cval: 77, rescale: 1 },
  { op: 'augment', input: [3, 7, 10, 3], fillMode: 'reflect', cval: 0, rescale: 0.5 },
  { op: 'augment', input: [2, 12, 11, 4], fillMode: 'wrap', cval: 0, rescale: 1 },
  { op: 'channel_shift', input: [3, 9, 14, 3], rescale: 0.5 },
  { op: 'brightness', input: [3, 9, 14, 3], stretch: false, rescale: 1 / 255, fill: 'whole' },
  { op: 'brightness', input: [2, 10, 7, 1], stretch: true, rescale: 1, fill: 'wide' },
  { op: 'brightness', input: [2, 10, 7, 4], stretch: false, rescale: 1, fill: 'wide' },
  { op: 'samplewise', input: [3, 9, 14, 3], normalize: true },
  { op: 'samplewise', input: [70, 5, 3, 1], normalize: false },
  { op: 'featurewise', input: [3, 9, 14, 3], normalize: true },
  { op: 'featurewise', input: [2, 8, 5, 4], normalize: false },
  { op: 'dense', input: [3, 17], units: 5 },
  { op: 'dense', input: [10, 700], units: 2 },
  { op: 'dense', input: [1, 1], units: 1 },
  { op: 'dense', input: [13, 1031], units: 50 },
  { op: 'dense', input: [19, 130], units: 70 },
  { op: 'dense', input: [5, 37], units: 11, useBias: false },
  { op: 'dropout', input: [3, 5, 7], rate: 0.2, rowsBefore: 0 },
  { op: 'dropout', input: [4, 130], rate: 0.7, rowsBefore: 4_000_000_000 },
  { op: 'dropout', input: [3, 43], rate: 0.4, rowsBefore: 5, firstRow: 9 },
  { op: 'channel_dropout', input: [3, 5, 7, 3], rate: 0.4, rowsBefore: 5, firstRow: 9 },
  { op: 'channel_dropout', input: [2, 9, 1], rate: 0.5, rowsBefore: 0 },
  { op: 'batch_norm', input: [3, 5, 7, 3], rows: 2, epsilon: 0.01 },
  { op: 'batch_norm', input: [70, 5], rows: 70, epsilon: 1e-3 },
  { op: 'batch_norm', input: [2, 13, 11, 70], rows: 9, epsilon: 1e-5 },
  { op: 'running_norm', input: [3, 5, 7, 3], epsilon: 0.01 },
  { op: 'running_norm', input: [70, 5], epsilon: 1e-3 },
  { op: 'folded_norm', input: [2, 7, 9, 3], filters: 5, epsilon: 0.01 },
  { op: 'folded_norm', input: [2, 5, 4, 1], filters: 131, epsilon: 1e-3 },
  { op: 'moving_average', input: [3, 5, 7, 3], rows: 2, keep: 0.8, isUnbiased: true },
  { op: 'moving_average', input: [1, 131], rows: 1, keep: 0.99, isUnbiased: true },
  { op: 'moving_average', input: [70, 5], rows: 66, keep: 0.99, isUnbiased: false },
  { op: 'rescaling', input: [3, 7, 5], scale: 0.3, offset: -2.5 },
  { op: 'rescaling', input: [257], scale: 1 / 255, offset: 0 },
  { op: 'binary_crossentropy', from: 'logits', input: [5, 2], rows: 5 },
  { op: 'binary_crossentropy', from: 'logits', input: [130, 3], rows: 129 },
  { op: 'binary_crossentropy', from: 'logits', input: [7, 1], rows: 3, fill: 'binary' },
  { op: 'binary_crossentropy', from: 'probs', input: [5, 2], rows: 5 },
  { op: 'binary_crossentropy', from: 'probs', input: [70, 3], rows: 67 },
  { op: 'binary_crossentropy', from: 'logits', input: [70, 3], rows: 267, firstRow: 199 },
  { op: 'binary_crossentropy', from: 'probs', input: [5, 2], rows: 9, firstRow: 4 },
  { op: 'categorical_crossentropy', from: 'logits', input: [5, 2], rows: 5 },
  { op: 'categorical_crossentropy', from: 'logits', input: [70, 11], rows: 66 },
  { op: 'categorical_crossentropy', from: 'probs', input: [5, 2], rows: 4 },
  { op: 'categorical_crossentropy', from: 'probs', input: [70, 11], rows: 70 },
  { op: 'categorical_crossentropy', from: 'logits', input: [5, 2], rows: 8, firstRow: 5 },
  { op: 'categorical_crossentropy', from: 'probs', input: [70, 11], rows: 71, firstRow: 70 },
  { op: 'binary_crossentropy', from: 'logits', input: [70, 3], rows: 66, isWeighted: true },
  { op: 'binary_crossentropy', from: 'probs', input: [5, 2], rows: 9, firstRow: 4, isWeighted: true },
  { op: 'categorical_crossentropy', from: 'logits', input: [5, 2], rows: 4, isWeighted: true },
  { op: 'categorical_crossentropy', from: 'probs', input: [70, 11], rows: 70, isWeighted: true },
  { op: 'sparse_categorical_crossentropy', from: 'probs', input: [70, 5], rows: 66 },
  { op: 'sparse_categorical_crossentropy', from: 'probs', input: [5, 2], rows: 9, firstRow: 5, isWeighted: true },
  { op: 'mean_squared_error', input: [70, 3], rows: 66 },
  { op: 'mean_squared_error', input: [5, 1], rows: 9, firstRow: 5, isWeighted: true },
  { op: 'mean_absolute_error', input: [70, 3], rows: 66 },
  { op: 'mean_absolute_error', input: [5, 1], rows: 9, firstRow: 5, isWeighted: true },
  { op: 'smooth_labels', input: [23, 7], smoothing: 0.1, classes: 7 },
  { op: 'categorical_accuracy', input: [130, 3], rows: 129 },
  { op: 'categorical_accuracy', input: [70, 3], rows: 171, firstRow: 103 },
  { op: 'binary_accuracy', input: [70, 3], rows: 66 },
  { op: 'binary_accuracy', input: [5, 2], rows: 7, firstRow: 7 },
  { op: 'adam', size: 1003, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
  { op: 'adam', size: 64, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  { op: 'sgd', size: 515, momentum: 0.9 },
  { op: 'sgd', size: 70, momentum: 0.8, nesterov: true },
  { op: 'rmsprop', size: 515, rho: 0.8, momentum: 0, epsilon: 1e-3 },
  { op: 'rmsprop', size: 70, rho: 0.9, momentum: 0.7, epsilon: 1e-7, centered: true },
  { op: 'weight_decay', size: 131, decay: 0.3 },
  { op: 'clip_value', size: 131, limit: 0.4 },
  { op: 'squared_norm', size: 1, limit: 1 },
  { op: 'squared_norm', size: 5001, limit: 1 },
  { op: 'clip_norm', size: 131, limit: 0.5 },
  { op: 'clip_norm', size: 7, limit: 2 },
  { op: 'assign', size: 133 },
  { op: 'multiply_add', size: 131, rounds: 16, factor: 0.75, addend: -0.3 },
  { op: 'penalty', input: [3, 5, 7], l1: 0.03, l2: 0.2 },
  { op: 'penalty', input: [2053], l1: 0.01, l2: 0 },
  { op: 'penalty', input: [2, 131], l1: 0, l2: 0.5 },
  { op: 'record', slot: 3 },
  { op: 'record', slot: 2, width: 7 },
  { op: 'note', size: 4, slot: 3, width: 7, offset: 2 },
  { op: 'note', size: 70, slot: 1, width: 91, offset: 20 },
  { op: 'top_k_accuracy', input: [130, 7], rows: 129, k: 3 },
  { op: 'top_k_accuracy', input: [5, 3], rows: 9, firstRow: 5, k: 2 },
  { op: 'confusion', input: [70, 3], rows: 66, threshold: 0.3 },
  { op: 'confusion', input: [5, 1], rows: 9, firstRow: 5, threshold: 0.5 },
  { op: 'score_histogram', input: [70, 3], rows: 66, buckets: 200 },
  { op: 'score_histogram', input: [5, 2], rows: 9, firstRow: 5, buckets: 11 },
];

/** `conv2d input=[2, 7, 9, 3] window=[3, 3] …`: every field of a case but its op. */
export function labelOf({ op, ...fields }: Case): string {
  const values = Object.entries(fields).map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(', ')}]` : value}`);
  return [op, ...values].join(' ');
}

/** Why there are ops without a gradient. */
const BEFORE = 'no parameter lies before what makes the network its pictures';
const COUNTED = 'a metric is counted, not descended';
const UPDATE = 'nothing comes after what a step leaves behind';

/** Traces a case's graph. */
export function problemOf(of: Case): Problem {
  const graph = new Graph();
  const inputs: { tensor: Tensor; fill: Fill }[] = [];
  const variables: { variable: Variable; fill: Fill }[] = [];
  const input = (name: string, shape: Shape, fill: Fill = 'distinct'): Tensor => {
    const tensor = graph.input(name, shape);
    inputs.push({ tensor, fill });
    return tensor;
  };
  const variable = (name: string, shape: Shape, fill: Fill, dtype: DType = 'float32'): Tensor => {
    const declared: Variable = { name, shape, dtype };
    variables.push({ variable: declared, fill });
    return graph.variable(declared);
  };
  const problem = (outputs: readonly Tensor[], wrt: readonly [Tensor, ...Tensor[]], scalars = {}, isLoss = false): Problem => ({
    graph,
    inputs,
    variables,
    outputs,
    wrt,
    isLoss,
    scalars,
  });
  const constant = (outputs: readonly Tensor[], noGradient: string, scalars = {}): Problem => ({
    graph,
    inputs,
    variables,
    outputs,
    wrt: [],
    noGradient,
    isLoss: false,
    scalars,
  });

  const lossRows = ({ firstRow = 0, isWeighted, input: [batch] }: Extract<Case, { isWeighted?: true }>): LossRows => ({
    firstRow,
    weights: isWeighted && input('weights', [batch!], 'positive'),
  });

  if (isActivation(of)) {
    const x = input('input', of.input, of.fill);
    return problem([ACTIVATIONS[of.op].apply(x)], [x]);
  }
  switch (of.op) {
    case 'clipped_relu': {
      const x = input('input', of.input, of.fill ?? 'spread');
      const { slope, threshold, most, slopeAtThreshold, slopeAtMost } = of;
      return problem([clippedRelu(x, { slope, threshold, most, slopeAtThreshold, slopeAtMost })], [x]);
    }
    case 'scaled_elu': {
      const x = input('input', of.input, of.fill);
      const { alpha, scale, slopeAtZero } = of;
      return problem([scaledElu(x, { alpha, scale, slopeAtZero })], [x]);
    }
    case 'add': {
      const a = input('a', of.input);
      const b = input('b', of.input);
      return problem([add(a, b)], [a, b]);
    }
    case 'conv2d': {
      const x = input('input', of.input, of.fill);
      const kernel = input('kernel', [...of.window, of.input[3]!, of.filters]);
      const bias = of.useBias === false ? [] : [input('bias', [of.filters])];
      return problem([conv2d(x, kernel, bias[0], of)], [x, kernel, ...bias]);
    }
    case 'depthwise_conv2d': {
      const channels = of.input[3]!;
      const x = input('input', of.input, of.fill);
      const kernel = input('kernel', [...of.window, channels, of.multiplier]);
      const bias = of.useBias === false ? [] : [input('bias', [channels * of.multiplier])];
      return problem([depthwiseConv2d(x, kernel, bias[0], of)], [x, kernel, ...bias]);
    }
    case 'conv2d_pool': {
      const x = input('input', of.input, of.fill);
      const kernel = input('kernel', [...of.window, of.input[3]!, of.filters]);
      // Without a bias, what sees nothing is 0, and dead.
      const bias = of.useBias === false ? [] : [input('bias', [of.filters], of.fill === 'even' ? 'zeros' : 'distinct')];
      const pooled = maxPool2d(relu(conv2d(x, kernel, bias[0], of)), { kernel: [2, 2], strides: [2, 2], padding: 'valid' });
      return problem([pooled], [x, kernel, ...bias]);
    }
    case 'max_pool2d': {
      const x = input('input', of.input, of.fill);
      const output = maxPool2d(x, { ...of, kernel: of.window });
      return problem([output, output.producer!.outputs.argmax!], [x]);
    }
    case 'avg_pool2d': {
      const x = input('input', of.input, of.fill);
      return problem([avgPool2d(x, { ...of, kernel: of.window })], [x]);
    }
    case 'global_max_pool2d': {
      const x = input('input', of.input, of.fill);
      const output = globalMaxPool2d(x);
      return problem([output, output.producer!.outputs.count!], [x]);
    }
    case 'zero_pad2d': {
      const x = input('input', of.input);
      return problem([zeroPad2d(x, of.padding)], [x]);
    }
    case 'augment': {
      const images = graph.input('images', of.input, 'uint8');
      inputs.push({ tensor: images, fill: 'bytes' });
      return constant([augment(images, input('transforms', [of.input[0]!, 10], 'affine'), of)], BEFORE);
    }
    case 'channel_shift':
      return constant([channelShift(input('input', of.input), input('transforms', [of.input[0]!, 10], 'affine'), of.rescale)], BEFORE);
    case 'brightness':
      return constant([brightness(input('input', of.input, of.fill), input('transforms', [of.input[0]!, 10], 'affine'), of)], BEFORE);
    case 'samplewise':
      return constant([samplewise(input('input', of.input), of.normalize)], BEFORE);
    case 'featurewise':
      return constant([featurewise(input('input', of.input), input('statistics', [2, of.input[3]!], 'positive'), of.normalize)], BEFORE);
    case 'dense': {
      const x = input('input', of.input);
      const kernel = input('kernel', [of.input[1]!, of.units]);
      const bias = of.useBias === false ? [] : [input('bias', [of.units])];
      return problem([dense(x, kernel, bias[0])], [x, kernel, ...bias]);
    }
    case 'dropout': {
      const x = input('input', of.input);
      const mask = dropoutMask(graph, of.input, { rate: of.rate, seed: 7, stream: 3, firstRow: of.firstRow ?? 0 });
      return problem([dropout(x, mask), mask], [x], { rowsBefore: of.rowsBefore });
    }
    case 'channel_dropout': {
      const x = input('input', of.input);
      const maps = [of.input[0]!, of.input.at(-1)!];
      const mask = dropoutMask(graph, maps, { rate: of.rate, seed: 7, stream: 3, firstRow: of.firstRow ?? 0 });
      return problem([channelDropout(x, mask), mask], [x], { rowsBefore: of.rowsBefore });
    }
    case 'batch_norm':
    case 'running_norm': {
      const channels = [of.input.at(-1)!];
      const [x, gamma, beta] = [input('input', of.input), input('gamma', channels), input('beta', channels)];
      const ofBatch = of.op === 'batch_norm';
      const moments = ofBatch ? batchMoments(x) : { mean: input('mean', channels), variance: input('variance', channels, 'positive') };
      const output = batchNorm(x, { ...moments, gamma, beta, epsilon: of.epsilon, ofBatch });
      return problem([output], [x, gamma, beta], ofBatch ? { rows: of.rows } : {});
    }
    case 'folded_norm': {
      const channels = [of.filters];
      const kernel = input('kernel', [3, 3, of.input[3]!, of.filters]);
      const map = conv2d(input('input', of.input), kernel, input('bias', channels), { strides: [1, 1], padding: 'valid' });
      const moments = { mean: input('mean', channels), variance: input('variance', channels, 'positive') };
      const affine = { gamma: input('gamma', channels), beta: input('beta', channels), epsilon: of.epsilon };
      return constant([batchNorm(map, { ...moments, ...affine, ofBatch: false })], 'layers are folded where nothing is trained');
    }
    case 'moving_average': {
      const channels = [of.input.at(-1)!];
      const moved = movingAverage(input('moving', channels), input('value', channels, 'positive'), {
        ...of,
        input: graph.input('input', of.input),
      });
      return constant([moved], UPDATE, { rows: of.rows });
    }
    case 'rescaling': {
      const x = input('input', of.input);
      return problem([rescaling(x, of)], [x]);
    }
    case 'binary_crossentropy':
    case 'categorical_crossentropy':
    case 'sparse_categorical_crossentropy': {
      const labels = input('labels', of.input, of.fill ?? 'onehot');
      const x = input(of.from, of.input, of.from === 'probs' ? 'probs' : 'distinct');
      const loss = CROSSENTROPIES[of.op](of.from === 'probs' ? { probs: x } : { logits: x }, labels, lossRows(of));
      return problem([loss], [x], { rows: of.rows }, true);
    }
    case 'mean_squared_error':
    case 'mean_absolute_error': {
      const x = input('output', of.input);
      return problem([ERRORS[of.op](x, input('labels', of.input, 'probs'), lossRows(of))], [x], { rows: of.rows }, true);
    }
    case 'smooth_labels':
      return constant([smoothLabels(input('labels', of.input, 'onehot'), of.smoothing, of.classes)], 'labels are given');
    case 'categorical_accuracy':
    case 'binary_accuracy': {
      const accuracy = of.op === 'binary_accuracy' ? binaryAccuracy : categoricalAccuracy;
      const correct = accuracy(input('output', of.input, 'probs'), input('labels', of.input, 'onehot'), of.firstRow);
      return constant([correct], COUNTED, { rows: of.rows });
    }
    case 'adam': {
      const shape = [of.size];
      const updates = {
        parameter: variable('parameter', shape, 'distinct'),
        moment: variable('moment', shape, 'distinct'),
        velocity: variable('velocity', shape, 'positive'),
        faults: variable('faults', [3], 'zeros', 'uint32'),
      };
      adam(input('gradient', shape), input('loss', [1], 'positive'), updates, { ...of, place: 2 });
      return constant([], UPDATE, { stepSize: 0.01, slot: 3 });
    }
    case 'sgd': {
      const shape = [of.size];
      const updates = {
        parameter: variable('parameter', shape, 'distinct'),
        velocity: variable('velocity', shape, 'distinct'),
        faults: variable('faults', [3], 'zeros', 'uint32'),
      };
      sgd(input('gradient', shape), input('loss', [1], 'positive'), updates, { ...of, place: 2 });
      return constant([], UPDATE, { learningRate: 0.1, slot: 3 });
    }
    case 'rmsprop': {
      const shape = [of.size];
      const updates = {
        parameter: variable('parameter', shape, 'distinct'),
        velocity: variable('velocity', shape, 'positive'),
        momentum: variable('momentum', shape, 'distinct'),
        average: variable('average', shape, 'zeros'),
        faults: variable('faults', [3], 'zeros', 'uint32'),
      };
      rmsprop(input('gradient', shape), input('loss', [1], 'positive'), updates, { ...of, place: 2 });
      return constant([], UPDATE, { learningRate: 0.1, slot: 3 });
    }
    case 'weight_decay':
      weightDecay(input('loss', [1], 'positive'), variable('parameter', [of.size], 'distinct'), of.decay);
      return constant([], UPDATE, { learningRate: 0.1 });
    case 'clip_value':
      return constant([clipValue(input('gradient', [of.size]), of.limit)], UPDATE);
    case 'squared_norm':
      return constant([squaredNorm(input('gradient', [of.size]))], UPDATE);
    case 'clip_norm':
      return constant([clipNorm(input('gradient', [of.size]), input('squaredNorm', [1], 'positive'), of.limit)], UPDATE);
    case 'assign': {
      const updates = { variable: variable('variable', [of.size], 'distinct'), faults: variable('faults', [3], 'zeros', 'uint32') };
      assign(input('value', [of.size]), input('loss', [1], 'positive'), updates, { place: 1 });
      return constant([], UPDATE, { slot: 3 });
    }
    case 'multiply_add':
      return constant([multiplyAdd(input('input', [of.size]), of)], 'it measures how fast a device computes');
    case 'penalty': {
      const weight = input('weight', of.input);
      return problem([penalty(weight, of)], [weight], {}, true);
    }
    case 'note':
      note(input('counts', [of.size]), variable('history', [5, of.width], 'distinct'), of.offset);
      return constant([], UPDATE, { slot: of.slot });
    case 'top_k_accuracy':
    case 'confusion':
    case 'score_histogram': {
      const [output, labels] = [input('output', of.input, 'probs'), input('labels', of.input, 'onehot')];
      const found =
        of.op === 'top_k_accuracy'
          ? topKAccuracy(output, labels, of.k, of.firstRow)
          : of.op === 'confusion'
            ? confusion(output, labels, of.threshold, of.firstRow)
            : scoreHistogram(output, labels, of.buckets, of.firstRow);
      return constant([found], COUNTED, { rows: of.rows });
    }
    case 'record': {
      const updates = { history: variable('history', [5, of.width ?? 2], 'distinct'), faults: variable('faults', [3], 'zeros', 'uint32') };
      record(input('loss', [1]), input('correct', [1]), updates, { training: true });
      return constant([], UPDATE, { slot: of.slot });
    }
  }
}
