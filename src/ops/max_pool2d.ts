import { defineOp } from '../engine/op.js';
import { type Window2d, type WindowOptions, window2d } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

const inputSize = (a: Window2d): number => a.batch * a.height * a.width * a.channels;
const outputSize = (a: Window2d): number => a.batch * a.outputHeight * a.outputWidth * a.channels;

export const maxPool2dForward = defineOp<Window2d>()({
  name: 'max_pool2d_forward',
  inputs: ['input'],
  outputs: ['output', 'argmax'],
  shapes: a => {
    const shape = [a.batch, a.outputHeight, a.outputWidth, a.channels];
    return { output: { shape }, argmax: { shape, dtype: 'uint32' } };
  },
  cost: a => ({ flops: outputSize(a) * a.kernelHeight * a.kernelWidth, bytes: 4 * (inputSize(a) + 2 * outputSize(a)) }),
  gradient: ({ outputs: { argmax }, dOutputs, attrs }) => ({
    input: argmax.graph.add(maxPool2dBackward, { dOutput: dOutputs.output!, argmax }, attrs).dInput,
  }),
});

export const maxPool2dBackward = defineOp<Window2d>()({
  name: 'max_pool2d_backward',
  inputs: ['dOutput', 'argmax'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: [a.batch, a.height, a.width, a.channels] } }),
  cost: a => ({ flops: outputSize(a), bytes: 4 * (inputSize(a) + 2 * outputSize(a)) }),
});

/**
 * The largest value of each window. Ties go to the first in row-major order, which alone gets the gradient, as TensorFlow's CPU kernel does
 * (tensorflow/core/kernels/maxpooling_op.cc). Rows and columns that no window covers get none.
 * input [batch, height, width, channels] -> [batch, height, width, channels]
 */
export function maxPool2d(input: Tensor, options: WindowOptions): Tensor {
  return input.graph.add(maxPool2dForward, { input }, window2d('max_pool2d', input.shape, options)).output;
}
