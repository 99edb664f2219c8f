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

/** A window that makes `multiplier` outputs of each channel. */
export type DepthwiseConv2d = DilatedWindow2d & { readonly multiplier: number };

const unitsOf = (a: DepthwiseConv2d): number => a.channels * a.multiplier;
const inputShape = (a: DepthwiseConv2d): Shape => [a.batch, a.height, a.width, a.channels];
const kernelShape = (a: DepthwiseConv2d): Shape => [a.kernelHeight, a.kernelWidth, a.channels, a.multiplier];
const outputShape = (a: DepthwiseConv2d): Shape => [a.batch, a.outputHeight, a.outputWidth, unitsOf(a)];

/** All three passes multiply every number of every window once with each filter of its channel. */
const cost = (a: DepthwiseConv2d): Cost => ({
  flops: 2 * sizeOf(outputShape(a)) * a.kernelHeight * a.kernelWidth,
  bytes: 4 * (sizeOf(inputShape(a)) + sizeOf(kernelShape(a)) + sizeOf(outputShape(a))),
});

export const depthwiseConv2dForward = defineOp<DepthwiseConv2d>()({
  name: 'depthwise_conv2d_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: outputShape(a) } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, kernel: { shape: kernelShape(a) }, bias: { shape: [unitsOf(a)] } }),
  cost,
  gradient: ({ inputs: { input, kernel, bias }, dOutputs, attrs, needs }) => {
    const dOutput = dOutputs.output!;
    const { graph } = dOutput;
    return {
      ...(needs('kernel') && { kernel: graph.add(depthwiseConv2dBackwardKernel, { input, dOutput }, attrs).dKernel }),
      ...(needs('bias') && { bias: biasBackward(dOutput, bias) }),
      ...(needs('input') && { input: graph.add(depthwiseConv2dBackwardInput, { dOutput, kernel }, attrs).dInput }),
    };
  },
});

export const depthwiseConv2dBackwardInput = defineOp<DepthwiseConv2d>()({
  name: 'depthwise_conv2d_backward_input',
  inputs: ['dOutput', 'kernel'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: inputShape(a) } }),
  cost,
});

export const depthwiseConv2dBackwardKernel = defineOp<DepthwiseConv2d>()({
  name: 'depthwise_conv2d_backward_kernel',
  inputs: ['input', 'dOutput'],
  outputs: ['dKernel'],
  shapes: a => ({ dKernel: { shape: kernelShape(a) } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, dOutput: { shape: outputShape(a) } }),
  cost,
});

/**
 * Convolution of each channel with filters of its own, plus bias where there is one.
 * input [batch, height, width, channels], kernel [height, width, channels, multiplier], bias [channels * multiplier]
 *   -> [batch, height, width, channels * multiplier], a channel's filters beside each other
 * Source: https://www.tensorflow.org/api_docs/python/tf/nn/depthwise_conv2d
 */
export function depthwiseConv2d(
  input: Tensor,
  kernel: Tensor,
  bias: Tensor | undefined,
  options: Omit<DilatedWindowOptions, 'kernel'>,
): Tensor {
  checkRank('depthwise_conv2d', 'kernel', kernel.shape, 4);
  const [kernelHeight, kernelWidth, channels, multiplier] = kernel.shape as [number, number, number, number];
  const window = dilatedWindow2d('depthwise_conv2d', input.shape, { ...options, kernel: [kernelHeight, kernelWidth] });
  if (channels !== window.channels) {
    throw new Error(
      `depthwise_conv2d: kernel ${formatShape(kernel.shape)} takes ${channels} channels, the input ${formatShape(input.shape)} has ${window.channels}`,
    );
  }
  const added = bias ?? zeros(input.graph, channels * multiplier);
  return input.graph.add(depthwiseConv2dForward, { input, kernel, bias: added }, { ...window, multiplier }).output;
}
