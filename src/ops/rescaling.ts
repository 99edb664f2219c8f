import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

export const rescalingOp = defineOp<{ readonly size: number; readonly scale: number; readonly offset: number }>()({
  name: 'rescaling',
  inputs: ['input'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ size }) => ({ flops: 2 * size, bytes: 8 * size }),
  gradient: ({ dOutputs, attrs: { scale } }) => ({ input: rescaling(dOutputs.output!, { scale, offset: 0 }) }),
});

/** scale * input + offset, element by element. */
export function rescaling(input: Tensor, { scale, offset }: { readonly scale: number; readonly offset: number }): Tensor {
  return input.graph.add(rescalingOp, { input }, { size: sizeOf(input.shape), scale, offset }).output;
}
