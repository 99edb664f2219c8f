import { type Cost, defineOp } from '../engine/op.js';
import {
  checkRank,
  type DilatedWindow2d,
  type DilatedWindowOptions,
  dilatedWindow2d,
  formatShape,
  type Shape,
  sizeOf,
} from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { biasBackward } from './bias.js';
import { zeros } from './zeros.js';

/** A window with `filters` outputs at each position. */
export type Conv2d = DilatedWindow2d & { readonly filters: number };

const inputShape = (a: Conv2d): Shape => [a.batch, a.height, a.width, a.channels];
const kernelShape = (a: Conv2d): Shape => [a.kernelHeight, a.kernelWidth, a.channels, a.filters];
const outputShape = (a: Conv2d): Shape => [a.batch, a.outputHeight, a.outputWidth, a.filters];

/** All three passes multiply every input of every window once with every filter. */
const cost = (a: Conv2d): Cost => ({
  flops: 2 * sizeOf(outputShape(a)) * a.kernelHeight * a.kernelWidth * a.channels,
  bytes: 4 * (sizeOf(inputShape(a)) + sizeOf(kernelShape(a)) + sizeOf(outputShape(a))),
});

export const conv2dForward = defineOp<Conv2d>()({
  name: 'conv2d_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: outputShape(a) } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, kernel: { shape: kernelShape(a) }, bias: { shape: [a.filters] } }),
  cost,
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

export const conv2dBackwardInput = defineOp<Conv2d>()({
  name: 'conv2d_backward_input',
  inputs: ['dOutput', 'kernel'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: inputShape(a) } }),
  inputShapes: a => ({ dOutput: { shape: outputShape(a) }, kernel: { shape: kernelShape(a) } }),
  cost,
});

export const conv2dBackwardKernel = defineOp<Conv2d>()({
  name: 'conv2d_backward_kernel',
  inputs: ['input', 'dOutput'],
  outputs: ['dKernel'],
  shapes: a => ({ dKernel: { shape: kernelShape(a) } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, dOutput: { shape: outputShape(a) } }),
  cost,
});

/**
 * Convolution of images with a bank of filters (a cross-correlation, as everywhere in deep learning), plus bias where there is one.
 * input [batch, height, width, channels], kernel [height, width, channels, filters], bias [filters] -> [batch, height, width, filters]
 * Source: https://www.tensorflow.org/api_docs/python/tf/nn/conv2d
 */
export function conv2d(input: Tensor, kernel: Tensor, bias: Tensor | undefined, options: Omit<DilatedWindowOptions, 'kernel'>): Tensor {
  checkRank('conv2d', 'kernel', kernel.shape, 4);
  const [kernelHeight, kernelWidth, channels, filters] = kernel.shape as [number, number, number, number];
  const window = dilatedWindow2d('conv2d', input.shape, { ...options, kernel: [kernelHeight, kernelWidth] });
  if (channels !== window.channels) {
    throw new Error(
      `conv2d: kernel ${formatShape(kernel.shape)} takes ${channels} channels, the input ${formatShape(input.shape)} has ${window.channels}`,
    );
  }
  return input.graph.add(conv2dForward, { input, kernel, bias: bias ?? zeros(input.graph, filters) }, { ...window, filters }).output;
}
