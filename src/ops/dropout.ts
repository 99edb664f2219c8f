import type { Graph } from '../engine/graph.js';
import { defineOp, type Scalar } from '../engine/op.js';
import { type Shape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Mask = {
  readonly size: number;
  readonly offset: number;
  readonly features: number;
  readonly rowsBefore: Scalar;
  readonly rate: number;
  readonly scale: number;
  readonly seed: number;
  readonly stream: number;
};

export const dropoutMaskOp = defineOp<Mask>()({
  name: 'dropout_mask',
  inputs: [],
  outputs: ['mask'],
  shapes: ({ size }) => ({ mask: { shape: [size] } }),
  // 10 rounds of two wide products, 15 operations each, and 6 more make four words.
  cost: ({ size }) => ({ flops: 90 * size, bytes: 4 * size }),
});

export const dropoutApply = defineOp<{ readonly size: number }>()({
  name: 'dropout_apply',
  inputs: ['input', 'mask'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ size }) => ({ flops: size, bytes: 12 * size }),
  gradient: ({ inputs: { mask }, dOutputs }) => ({ input: dropout(dOutputs.output!, mask) }),
});

/** TensorFlow takes its two seeds below this, and this for the second where both are 0. Source: tensorflow/python/framework/random_seed.py */
const SEED_LIMIT = 2 ** 31 - 1;

export interface DropoutMaskOptions {
  /** The share of elements that become 0, in [0, 1). */
  readonly rate: number;
  /** The run's seed, and how many dropout layers the model has before this one: 32-bit integers. */
  readonly seed: number;
  readonly stream: number;
  /** The batch's row that the mask begins at. Default 0. */
  readonly firstRow?: number;
}

/**
 * What dropout multiplies rows [rows, …] with: 0 with probability `rate`, else 1 / (1 - rate), as TensorFlow draws it. The run's scalar
 * 'rowsBefore', the rows of all training steps before, decides which elements.
 */
export function dropoutMask(graph: Graph, shape: Shape, { rate, seed, stream, firstRow = 0 }: DropoutMaskOptions): Tensor {
  const features = sizeOf(shape.slice(1));
  const place = { size: sizeOf(shape), offset: firstRow * features, features, rowsBefore: { scalar: 'rowsBefore' } };
  const key = seed % SEED_LIMIT;
  const attrs = { ...place, rate, scale: 1 / (1 - rate), seed: key, stream: key === 0 && stream === 0 ? SEED_LIMIT : stream };
  return graph.reshape(graph.add(dropoutMaskOp, {}, attrs).mask, shape);
}

/**
 * Inverted dropout: input * mask, so that the expected value stays and inference needs no layer at all.
 * Source: Srivastava et al., "Dropout", https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout(input: Tensor, mask: Tensor): Tensor {
  return input.graph.add(dropoutApply, { input, mask }, { size: sizeOf(input.shape) }).output;
}

type Channels = { readonly size: number; readonly places: number; readonly channels: number };

export const channelDropoutOp = defineOp<Channels>()({
  name: 'channel_dropout',
  inputs: ['input', 'mask'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ size, places }) => ({ flops: size, bytes: 8 * size + (4 * size) / places }),
  gradient: ({ inputs: { mask }, dOutputs }) => ({ input: channelDropout(dOutputs.output!, mask) }),
});

/**
 * Dropout of whole maps: input [rows, …, channels] * mask [rows, channels] at each place. Source: Tompson et al., "Efficient Object Localization Using
 * Convolutional Networks", https://arxiv.org/abs/1411.4280
 */
export function channelDropout(input: Tensor, mask: Tensor): Tensor {
  const { shape } = input;
  const size = sizeOf(shape);
  return input.graph.add(channelDropoutOp, { input, mask }, { size, places: size / sizeOf(mask.shape), channels: shape.at(-1)! }).output;
}
