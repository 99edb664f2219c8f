import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

export const addForward = defineOp<{ readonly size: number }>()({
  name: 'add',
  inputs: ['a', 'b'],
  outputs: ['output'],
  shapes: (_, { a }) => ({ output: { shape: a.shape } }),
  cost: ({ size }) => ({ flops: size, bytes: 12 * size }),
  gradient: ({ dOutputs: { output } }) => ({ a: output!, b: output! }),
});

/** a + b, element by element, for tensors of one shape: also where two gradients of one tensor meet. */
export function add(a: Tensor, b: Tensor): Tensor {
  return a.graph.add(addForward, { a, b }, { size: sizeOf(a.shape) }).output;
}
