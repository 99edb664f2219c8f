import { type Cost, defineOp, kernel, spread } from '../engine/op.js';
import { checkRank, formatShape, type Window2d, type WindowOptions, window2d } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { biasBackward } from './bias.js';

/** A window with `filters` outputs at each position. */
export type Conv2d = Window2d & { readonly filters: number };

const inputSize = (a: Conv2d): number => a.batch * a.height * a.width * a.channels;
const kernelSize = (a: Conv2d): number => a.kernelHeight * a.kernelWidth * a.channels * a.filters;
const outputSize = (a: Conv2d): number => a.batch * a.outputHeight * a.outputWidth * a.filters;

/** All three passes multiply every input of every window once with every filter. */
const cost = (a: Conv2d): Cost => ({
  flops: 2 * outputSize(a) * a.kernelHeight * a.kernelWidth * a.channels,
  bytes: 4 * (inputSize(a) + kernelSize(a) + outputSize(a)),
});

const conv2dForward = defineOp<Conv2d>()({
  name: 'conv2d_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: [a.batch, a.outputHeight, a.outputWidth, a.filters] } }),
  cost,
  variants: [kernel('conv2d_forward.naive', a => spread(outputSize(a)))],
  gradient: ({ inputs: { input, kernel, bias }, dOutputs, attrs, needs }) => {
    const dOutput = dOutputs.output!;
    const { graph } = dOutput;
    return {
      ...(needs('kernel') && { kernel: graph.add(conv2dBackwardKernel, { input, dOutput }, attrs).dKernel }),
      ...(needs('bias') && { bias: biasBackward(dOutput, bias) }),
      ...(needs('input') && { input: graph.add(conv2dBackwardInput, { dOutput, kernel }, attrs).dInput }),
    };
  },
});

const conv2dBackwardInput = defineOp<Conv2d>()({
  name: 'conv2d_backward_input',
  inputs: ['dOutput', 'kernel'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: [a.batch, a.height, a.width, a.channels] } }),
  cost,
  variants: [kernel('conv2d_backward_input.naive', a => spread(inputSize(a)))],
});

const conv2dBackwardKernel = defineOp<Conv2d>()({
  name: 'conv2d_backward_kernel',
  inputs: ['input', 'dOutput'],
  outputs: ['dKernel'],
  shapes: a => ({ dKernel: { shape: [a.kernelHeight, a.kernelWidth, a.channels, a.filters] } }),
  cost,
  variants: [kernel('conv2d_backward_kernel.naive', a => spread(kernelSize(a)))],
});

/**
 * Convolution of images with a bank of filters (a cross-correlation, as everywhere in deep learning), plus bias.
 * input [batch, height, width, channels], kernel [height, width, channels, filters], bias [filters] -> [batch, height, width, filters]
 * Source: https://www.tensorflow.org/api_docs/python/tf/nn/conv2d
 */
export function conv2d(input: Tensor, kernel: Tensor, bias: Tensor, options: Omit<WindowOptions, 'kernel'>): Tensor {
  checkRank('conv2d', 'kernel', kernel.shape, 4);
  const [kernelHeight, kernelWidth, channels, filters] = kernel.shape as [number, number, number, number];
  const window = window2d('conv2d', input.shape, { ...options, kernel: [kernelHeight, kernelWidth] });
  if (channels !== window.channels) {
    throw new Error(
      `conv2d: kernel ${formatShape(kernel.shape)} takes ${channels} channels, the input ${formatShape(input.shape)} has ${window.channels}`,
    );
  }
  return input.graph.add(conv2dForward, { input, kernel, bias }, { ...window, filters }).output;
}
