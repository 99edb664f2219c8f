import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Elementwise = { readonly size: number };

export const reluForward = defineOp<Elementwise>()({
  name: 'relu_forward',
  inputs: ['input'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ size }) => ({ flops: size, bytes: 8 * size }),
  gradient: ({ outputs: { output }, dOutputs, attrs }) => ({
    input: output.graph.add(reluBackward, { output, dOutput: dOutputs.output! }, attrs).dInput,
  }),
});

export const reluBackward = defineOp<Elementwise>()({
  name: 'relu_backward',
  inputs: ['output', 'dOutput'],
  outputs: ['dInput'],
  shapes: (_, { output }) => ({ dInput: { shape: output.shape } }),
  cost: ({ size }) => ({ flops: size, bytes: 12 * size }),
});

/** max(input, 0), element by element. Its gradient is dOutput where the output is positive: 0 at 0, as Keras has it. */
export function relu(input: Tensor): Tensor {
  return input.graph.add(reluForward, { input }, { size: sizeOf(input.shape) }).output;
}
