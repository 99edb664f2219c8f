import type { Padding, Shape } from '../engine/shape.js';
import type { Activation } from '../nn/activations.js';
import type { FillMode } from '../ops/augment.js';
import type { ClippedRelu } from '../ops/clipped_relu.js';
import type { RmspropOptions } from '../ops/rmsprop.js';
import type { ScaledElu } from '../ops/scaled_elu.js';
import type { Padding2d } from '../ops/zero_pad2d.js';
import type { Fill } from './fill.js';

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
export interface ActivationCase {
  readonly op: Exclude<Activation, 'linear'>;
  readonly input: Shape;
  readonly fill?: Fill;
}

/** An op and sizes to try it at, as data: the label, the checks, the gradient checks and the benchmarks are all derived from it. */
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
  | {
      readonly op: 'augment';
      readonly input: Shape;
      readonly fillMode: FillMode;
      readonly cval: number;
      readonly rescale: number;
      readonly fill?: 'wide';
    }
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
      readonly op: 'dropout' | 'channel_dropout';
      readonly input: Shape;
      readonly rate: number;
      readonly rowsBefore: number;
      readonly firstRow?: number;
    }
  | {
      readonly op: 'binary_crossentropy' | 'categorical_crossentropy' | 'sparse_categorical_crossentropy';
      readonly from: 'logits' | 'probs';
      readonly input: Shape;
      readonly rows: number;
      readonly firstRow?: number;
      readonly fill?: Fill;
      readonly isWeighted?: true;
    }
  | {
      readonly op: 'mean_squared_error' | 'mean_absolute_error';
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
  { op: 'conv2d', input: [2, 9, 10, 72], window: [3, 3], strides: [1, 1], padding: 'same', filters: 140 },
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
  // Its 2,520 windows are summed in more parts than one invocation adds up, and the last is shorter.
  { op: 'conv2d_pool', input: [3, 62, 58, 1], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 20 },
  { op: 'conv2d_pool', input: [2, 21, 20, 16], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 5 },
  { op: 'conv2d_pool', input: [2, 21, 20, 8], window: [1, 1], strides: [1, 1], padding: 'valid', filters: 118 },
  { op: 'conv2d_pool', input: [2, 10, 9, 72], window: [3, 3], strides: [1, 1], padding: 'valid', filters: 140 },
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
  { op: 'augment', input: [2, 5, 7, 2], fillMode: 'nearest', cval: 0, rescale: 0.5, fill: 'wide' },
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
  { op: 'dense', input: [70, 45], units: 9 },
  { op: 'dense', input: [1061, 9], units: 5 },
  { op: 'dense', input: [5, 37], units: 11, useBias: false },
  { op: 'dropout', input: [3, 5, 7], rate: 0.2, rowsBefore: 0 },
  { op: 'dropout', input: [4, 130], rate: 0.7, rowsBefore: 4_000_000_000 },
  { op: 'dropout', input: [3, 43], rate: 0.4, rowsBefore: 5, firstRow: 9 },
  { op: 'channel_dropout', input: [3, 5, 7, 3], rate: 0.4, rowsBefore: 5, firstRow: 9 },
  { op: 'channel_dropout', input: [2, 9, 1], rate: 0.5, rowsBefore: 0 },
  { op: 'channel_dropout', input: [3, 17, 131], rate: 0.2, rowsBefore: 70, firstRow: 1 },
  { op: 'batch_norm', input: [3, 5, 7, 3], rows: 2, epsilon: 0.01 },
  { op: 'batch_norm', input: [70, 5], rows: 70, epsilon: 1e-3 },
  { op: 'batch_norm', input: [2, 13, 11, 70], rows: 9, epsilon: 1e-5 },
  { op: 'batch_norm', input: [6, 9, 11, 20], rows: 4, epsilon: 1e-3 },
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
