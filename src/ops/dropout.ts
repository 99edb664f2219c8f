import type { Graph } from '../engine/graph.js';
import { defineOp, kernel, type Scalar, spread } from '../engine/op.js';
import { type Shape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Mask = {
  readonly size: number;
  readonly offset: number;
  readonly rate: number;
  readonly scale: number;
  readonly seed: number;
  readonly stream: number;
  readonly step: Scalar;
};

const dropoutMaskOp = defineOp<Mask>()({
  name: 'dropout_mask',
  inputs: [],
  outputs: ['mask'],
  shapes: ({ size }) => ({ mask: { shape: [size] } }),
  // 20 rounds of 3 operations and 5 key additions make two words.
  cost: ({ size }) => ({ flops: 40 * size, bytes: 4 * size }),
  variants: [kernel('dropout_mask', ({ size, offset }) => spread(Math.ceil((size + (offset % 2)) / 2)))],
});

const dropoutApply = defineOp<{ readonly size: number }>()({
  name: 'dropout_apply',
  inputs: ['input', 'mask'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ size }) => ({ flops: size, bytes: 12 * size }),
  variants: [kernel('dropout_apply', ({ size }) => spread(size))],
  gradient: ({ inputs: { mask }, dOutputs }) => ({ input: dropout(dOutputs.output!, mask) }),
});

export interface DropoutMaskOptions {
  /** The share of elements that become 0, in [0, 1). */
  readonly rate: number;
  /** The run's seed and a number that differs between the dropout layers of a model: 32-bit integers. */
  readonly seed: number;
  readonly stream: number;
  /** Where `shape` begins in the mask of a whole batch, in elements. Default 0. */
  readonly offset?: number;
}

/** What dropout multiplies with: 0 with probability `rate`, else 1 / (1 - rate). The run's scalar 'step' decides which elements. */
export function dropoutMask(graph: Graph, shape: Shape, { rate, seed, stream, offset = 0 }: DropoutMaskOptions): Tensor {
  const attrs = { size: sizeOf(shape), offset, rate, scale: 1 / (1 - rate), seed, stream, step: { scalar: 'step' } };
  return graph.reshape(graph.add(dropoutMaskOp, {}, attrs).mask, shape);
}

/**
 * Inverted dropout: input * mask, so that the expected value stays and inference needs no layer at all.
 * Source: Srivastava et al., "Dropout", https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout(input: Tensor, mask: Tensor): Tensor {
  return input.graph.add(dropoutApply, { input, mask }, { size: sizeOf(input.shape) }).output;
}
