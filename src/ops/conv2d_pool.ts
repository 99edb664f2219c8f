import { type Cost, defineOp } from '../engine/op.js';
import { type Shape, sizeOf } from '../engine/shape.js';
import type { Conv2d } from './conv2d.js';

/** A convolution whose map, after bias and relu, is pooled by 2x2 windows; the map itself need not be written. */
export type Conv2dPool = Conv2d & { readonly pooledHeight: number; readonly pooledWidth: number };

/** Filters whose codes share a word. Of 4 bits each: the place 0 … 3 of the window's largest, or 4 where relu let nothing through. */
export const CODES_PER_WORD = 8;

const inputShape = (a: Conv2dPool): Shape => [a.batch, a.height, a.width, a.channels];
const kernelShape = (a: Conv2dPool): Shape => [a.kernelHeight, a.kernelWidth, a.channels, a.filters];
const mapShape = (a: Conv2dPool): Shape => [a.batch, a.outputHeight, a.outputWidth, a.filters];
const pooledShape = (a: Conv2dPool): Shape => [a.batch, a.pooledHeight, a.pooledWidth, a.filters];
const codesSpec = (a: Conv2dPool) =>
  ({ shape: [a.batch, a.pooledHeight, a.pooledWidth, Math.ceil(a.filters / CODES_PER_WORD)], dtype: 'uint32' }) as const;

/** As the convolution alone: every input of every window once with every filter. */
const cost = (a: Conv2dPool): Cost => ({
  flops: 2 * sizeOf(mapShape(a)) * a.kernelHeight * a.kernelWidth * a.channels,
  bytes: 4 * (sizeOf(inputShape(a)) + sizeOf(kernelShape(a)) + sizeOf(pooledShape(a)) + sizeOf(codesSpec(a).shape)),
});

export const conv2dPoolForward = defineOp<Conv2dPool>()({
  name: 'conv2d_pool_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output', 'codes'],
  shapes: a => ({ output: { shape: pooledShape(a) }, codes: codesSpec(a) }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, kernel: { shape: kernelShape(a) }, bias: { shape: [a.filters] } }),
  cost,
});

export const conv2dPoolBackwardInput = defineOp<Conv2dPool>()({
  name: 'conv2d_pool_backward_input',
  inputs: ['dOutput', 'codes', 'kernel'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: inputShape(a) } }),
  inputShapes: a => ({ dOutput: { shape: pooledShape(a) }, codes: codesSpec(a), kernel: { shape: kernelShape(a) } }),
  cost,
});

export const conv2dPoolBackwardKernel = defineOp<Conv2dPool>()({
  name: 'conv2d_pool_backward_kernel',
  inputs: ['input', 'dOutput', 'codes'],
  outputs: ['dKernel', 'dBias'],
  shapes: a => ({ dKernel: { shape: kernelShape(a) }, dBias: { shape: [a.filters] } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, dOutput: { shape: pooledShape(a) }, codes: codesSpec(a) }),
  cost,
});
