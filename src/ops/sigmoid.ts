import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Elementwise = { readonly size: number };

export const sigmoidForward = defineOp<Elementwise>()({
  name: 'sigmoid_forward',
  inputs: ['input'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ size }) => ({ flops: 4 * size, bytes: 8 * size }),
  gradient: ({ outputs: { output }, dOutputs, attrs }) => ({
    input: output.graph.add(sigmoidBackward, { output, dOutput: dOutputs.output! }, attrs).dInput,
  }),
});

export const sigmoidBackward = defineOp<Elementwise>()({
  name: 'sigmoid_backward',
  inputs: ['output', 'dOutput'],
  outputs: ['dInput'],
  shapes: (_, { output }) => ({ dInput: { shape: output.shape } }),
  cost: ({ size }) => ({ flops: 3 * size, bytes: 12 * size }),
});

/** 1 / (1 + exp(-input)), element by element. */
export function sigmoid(input: Tensor): Tensor {
  return input.graph.add(sigmoidForward, { input }, { size: sizeOf(input.shape) }).output;
}
