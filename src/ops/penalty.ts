import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

/** How much the sum of a weight's absolute values, and that of its squares, count. */
export type Factors = { readonly l1: number; readonly l2: number };

export type Penalty = Factors & { readonly size: number };

export const penaltyForwardOp = defineOp<Penalty>()({
  name: 'penalty_forward',
  inputs: ['weight'],
  outputs: ['penalty'],
  shapes: () => ({ penalty: { shape: [1] } }),
  inputShapes: ({ size }) => ({ weight: { shape: [size] } }),
  cost: ({ size }) => ({ flops: 4 * size, bytes: 4 * size }),
  gradient: ({ inputs: { weight }, dOutputs, attrs }) => {
    if (dOutputs.penalty) throw new Error('penalty: it is added to a loss, and must be what is differentiated');
    return { weight: penaltyBackward(weight, attrs) };
  },
});

export const penaltyBackwardOp = defineOp<Penalty>()({
  name: 'penalty_backward',
  inputs: ['weight'],
  outputs: ['dWeight'],
  shapes: (_, { weight }) => ({ dWeight: { shape: weight.shape } }),
  cost: ({ size }) => ({ flops: 4 * size, bytes: 8 * size }),
});

/** What an L1 and L2 regularizer adds to the loss for a weight of any shape: l1 · Σ |weight| + l2 · Σ weight² -> [1]. */
export function penalty(weight: Tensor, { l1, l2 }: Factors): Tensor {
  return weight.graph.add(penaltyForwardOp, { weight }, { size: sizeOf(weight.shape), l1, l2 }).penalty;
}

/** Its gradient, of the weight's shape: l1 · sign(weight) + 2 · l2 · weight. */
export function penaltyBackward(weight: Tensor, { l1, l2 }: Factors): Tensor {
  return weight.graph.add(penaltyBackwardOp, { weight }, { size: sizeOf(weight.shape), l1, l2 }).dWeight;
}
