import { type Cost, defineOp } from '../engine/op.js';
import { type Window2d, type WindowOptions, window2d } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

const inputSize = (a: Window2d): number => a.batch * a.height * a.width * a.channels;
const outputSize = (a: Window2d): number => a.batch * a.outputHeight * a.outputWidth * a.channels;

/** Both passes add each place of every window once. */
const cost = (a: Window2d): Cost => ({
  flops: outputSize(a) * (a.kernelHeight * a.kernelWidth + 1),
  bytes: 4 * (inputSize(a) + outputSize(a)),
});

export const avgPool2dForward = defineOp<Window2d>()({
  name: 'avg_pool2d_forward',
  inputs: ['input'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: [a.batch, a.outputHeight, a.outputWidth, a.channels] } }),
  inputShapes: a => ({ input: { shape: [a.batch, a.height, a.width, a.channels] } }),
  cost,
  gradient: ({ dOutputs, attrs }) => {
    const dOutput = dOutputs.output!;
    return { input: dOutput.graph.add(avgPool2dBackward, { dOutput }, attrs).dInput };
  },
});

export const avgPool2dBackward = defineOp<Window2d>()({
  name: 'avg_pool2d_backward',
  inputs: ['dOutput'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: [a.batch, a.height, a.width, a.channels] } }),
  cost,
});

/**
 * The mean of what each window covers of the input; places in the padding don't count, as in TensorFlow.
 * input [batch, height, width, channels] -> [batch, height, width, channels]
 * Source: https://www.tensorflow.org/api_docs/python/tf/nn/avg_pool2d
 */
export function avgPool2d(input: Tensor, options: WindowOptions): Tensor {
  return input.graph.add(avgPool2dForward, { input }, window2d('avg_pool2d', input.shape, options)).output;
}
