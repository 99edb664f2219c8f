import { type AdapterTraits, type Cost, defineOp, kernel, MAX_WORKGROUPS, spread, type Variant } from '../engine/op.js';
import { checkRank, formatShape, type Shape, sizeOf, type Window2d, type WindowOptions, window2d } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { biasBackward } from './bias.js';
import { backwardInputWinograd, backwardKernelWinograd, forwardWinograd } from './conv2d_winograd.js';
import { cut, sumParts } from './parts.js';

/** A window with `filters` outputs at each position. */
export type Conv2d = Window2d & { readonly filters: number };

const inputShape = (a: Conv2d): Shape => [a.batch, a.height, a.width, a.channels];
const kernelShape = (a: Conv2d): Shape => [a.kernelHeight, a.kernelWidth, a.channels, a.filters];
const outputShape = (a: Conv2d): Shape => [a.batch, a.outputHeight, a.outputWidth, a.filters];

/** All three passes multiply every input of every window once with every filter. */
const cost = (a: Conv2d): Cost => ({
  flops: 2 * sizeOf(outputShape(a)) * a.kernelHeight * a.kernelWidth * a.channels,
  bytes: 4 * (sizeOf(inputShape(a)) + sizeOf(kernelShape(a)) + sizeOf(outputShape(a))),
});

/** Params of a tiled shader: what its constants do not say. */
function tiledParams(a: Conv2d) {
  const { batch, height, width, strideHeight, strideWidth, padTop, padLeft, outputHeight, outputWidth } = a;
  return { batch, height, width, strideHeight, strideWidth, padTop, padLeft, outputHeight, outputWidth };
}

/** Rows and columns of a workgroup's part of the product, in the tiled shaders. */
const TILE = 64;
const tiles = (length: number): number => Math.ceil(length / TILE);
const fits = (_: Conv2d, { maxInvocations }: AdapterTraits): boolean => maxInvocations >= 256;

const forwardTiled: Variant<'input' | 'kernel' | 'bias' | 'output', Conv2d> = {
  name: 'tiled',
  supports: (a, adapter) => fits(a, adapter) && tiles(a.batch * a.outputHeight * a.outputWidth) <= MAX_WORKGROUPS,
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_forward.tiled',
      bindings,
      params: { ...tiledParams(a), filters: a.filters, taps: a.kernelHeight * a.kernelWidth * a.channels },
      constants: { CHANNELS: a.channels, KERNEL_WIDTH: a.kernelWidth },
      workgroups: [tiles(a.batch * a.outputHeight * a.outputWidth), tiles(a.filters), 1],
    },
  ],
};

const backwardInputTiled: Variant<'dOutput' | 'kernel' | 'dInput', Conv2d> = {
  name: 'tiled',
  supports: (a, adapter) => fits(a, adapter) && tiles(a.batch * a.height * a.width) <= MAX_WORKGROUPS,
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_backward_input.tiled',
      bindings,
      params: { ...tiledParams(a), channels: a.channels, taps: a.kernelHeight * a.kernelWidth * a.filters },
      constants: { FILTERS: a.filters, KERNEL_WIDTH: a.kernelWidth },
      workgroups: [tiles(a.batch * a.height * a.width), tiles(a.channels), 1],
    },
  ],
};

const backwardKernelTiled: Variant<'input' | 'dOutput' | 'dKernel', Conv2d> = {
  name: 'tiled',
  supports: fits,
  dispatches: (a, { input, dOutput, dKernel }, scratch) => {
    const taps = a.kernelHeight * a.kernelWidth * a.channels;
    const positions = a.batch * a.outputHeight * a.outputWidth;
    const groups = tiles(taps) * tiles(a.filters);
    const { count, length } = cut(positions, groups);
    const parts = scratch('parts', { shape: [count, taps * a.filters] });
    return [
      {
        shader: 'conv2d_backward_kernel.tiled',
        bindings: { input, dOutput, parts },
        params: { ...tiledParams(a), filters: a.filters, positionsPerPart: length },
        constants: { CHANNELS: a.channels, KERNEL_HEIGHT: a.kernelHeight, KERNEL_WIDTH: a.kernelWidth },
        workgroups: [tiles(taps), tiles(a.filters), count],
      },
      sumParts(parts, dKernel),
    ];
  },
};

const conv2dForward = defineOp<Conv2d>()({
  name: 'conv2d_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: outputShape(a) } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, kernel: { shape: kernelShape(a) }, bias: { shape: [a.filters] } }),
  cost,
  variants: [
    kernel('conv2d_forward.naive', a => spread(sizeOf(outputShape(a)))),
    forwardTiled,
    forwardWinograd('blocks'),
    forwardWinograd('lanes'),
  ],
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
  shapes: a => ({ dInput: { shape: inputShape(a) } }),
  inputShapes: a => ({ dOutput: { shape: outputShape(a) }, kernel: { shape: kernelShape(a) } }),
  cost,
  variants: [
    kernel('conv2d_backward_input.naive', a => spread(sizeOf(inputShape(a)))),
    backwardInputTiled,
    backwardInputWinograd('blocks'),
    backwardInputWinograd('lanes'),
  ],
});

const conv2dBackwardKernel = defineOp<Conv2d>()({
  name: 'conv2d_backward_kernel',
  inputs: ['input', 'dOutput'],
  outputs: ['dKernel'],
  shapes: a => ({ dKernel: { shape: kernelShape(a) } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, dOutput: { shape: outputShape(a) } }),
  cost,
  variants: [
    kernel('conv2d_backward_kernel.naive', a => spread(sizeOf(kernelShape(a)))),
    backwardKernelTiled,
    backwardKernelWinograd('blocks'),
    backwardKernelWinograd('lanes'),
  ],
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
