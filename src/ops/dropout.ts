import { defineOp, type Scalar } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

/** Of a mask [rows, channels] and what it is multiplied with: [rows, places, channels]. */
type Masked = {
  readonly size: number;
  readonly places: number;
  readonly channels: number;
};

type Drawn = Masked & {
  readonly offset: number;
  readonly rowsBefore: Scalar;
  readonly rate: number;
  readonly scale: number;
  readonly seed: number;
  readonly stream: number;
};

/** `size`: numbers of dInput. */
export const dropoutBackward = defineOp<Masked>()({
  name: 'dropout_backward',
  inputs: ['mask', 'dOutput'],
  outputs: ['dInput'],
  shapes: (_, { dOutput }) => ({ dInput: { shape: dOutput.shape } }),
  cost: ({ size, places }) => ({ flops: size, bytes: 8 * size + (4 * size) / places }),
});

/** `size`: numbers of the mask. */
export const dropoutForward = defineOp<Drawn>()({
  name: 'dropout_forward',
  inputs: ['input'],
  outputs: ['output', 'mask'],
  shapes: ({ size, channels }, { input }) => ({ output: { shape: input.shape }, mask: { shape: [size / channels, channels] } }),
  // 10 rounds of two wide products, 15 operations each, and 6 more make four words of the mask.
  cost: ({ size, places }) => ({ flops: (90 + places) * size, bytes: (4 + 8 * places) * size }),
  gradient({ inputs: { input }, outputs: { mask }, dOutputs, attrs: { size, places, channels } }) {
    const masked = { size: size * places, places, channels };
    return { input: input.graph.add(dropoutBackward, { mask, dOutput: dOutputs.output! }, masked).dInput };
  },
});

/** TensorFlow takes its two seeds below this, and this for the second where both are 0. Source: tensorflow/python/framework/random_seed.py */
const SEED_LIMIT = 2 ** 31 - 1;

export interface DropoutOptions {
  /** The share that becomes 0, in [0, 1). */
  readonly rate: number;
  /** The run's seed, and how many dropout layers the model has before this one: 32-bit integers. */
  readonly seed: number;
  readonly stream: number;
  /** The batch's row that the input begins at. Default 0. */
  readonly firstRow?: number;
}

/** The input times a mask, and the mask. */
interface Dropped {
  readonly output: Tensor;
  readonly mask: Tensor;
}

/** Draws a mask as TensorFlow does. The run's scalar 'rowsBefore', the rows of all training steps before, decides from where on. */
function drop(input: Tensor, channels: number, { rate, seed, stream, firstRow = 0 }: DropoutOptions): Dropped {
  const size = input.shape[0]! * channels;
  const place = { size, places: sizeOf(input.shape) / size, channels, offset: firstRow * channels, rowsBefore: { scalar: 'rowsBefore' } };
  const key = seed % SEED_LIMIT;
  const attrs = { ...place, rate, scale: 1 / (1 - rate), seed: key, stream: key === 0 && stream === 0 ? SEED_LIMIT : stream };
  return input.graph.add(dropoutForward, { input }, attrs);
}

/**
 * Inverted dropout: input [rows, …] * mask of its shape, 0 with probability `rate`, else 1 / (1 - rate), so that the expected value stays and inference needs
 * no layer at all. Source: Srivastava et al., "Dropout", https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout(input: Tensor, options: DropoutOptions): Dropped {
  const { output, mask } = drop(input, sizeOf(input.shape.slice(1)), options);
  return { output, mask: input.graph.reshape(mask, input.shape) };
}

/**
 * Dropout of whole maps: input [rows, …, channels] * mask [rows, channels] at each place. Source: Tompson et al., "Efficient Object Localization Using
 * Convolutional Networks", https://arxiv.org/abs/1411.4280
 */
export const channelDropout = (input: Tensor, options: DropoutOptions): Dropped => drop(input, input.shape.at(-1)!, options);
