import {
  type AdapterTraits,
  type Cost,
  type Dispatch,
  defineOp,
  MAX_WORKGROUPS,
  type Scratch,
  spread,
  type Variant,
} from '../engine/op.js';
import { type Shape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import type { Conv2d } from './conv2d.js';
import { type Conv2dPool, poolBiasBackward } from './conv2d_pool_bias.js';
import { backwardKernelColumns, forwardColumns } from './conv2d_pool_columns.js';
import { backwardKernelWindows, forwardWindows } from './conv2d_pool_windows.js';
import { backwardInputWinograd, backwardKernelWinograd, forwardWinograd, forwardWinograd4 } from './conv2d_pool_winograd.js';
import { cut, sumParts } from './parts.js';

/** Filters whose codes share a word: 4 bits each, see shaders/pool_encode.wgsl. */
const CODES_PER_WORD = 8;

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

/** Params of the shaders that know the convolution only. */
function convolution({ pooledHeight: _, pooledWidth: __, ...conv2d }: Conv2dPool): Conv2d {
  return conv2d;
}

const forwardNaive: Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> = {
  name: 'naive',
  dispatches: (a, { input, kernel, bias, output, codes }, scratch) => {
    const size = sizeOf(mapShape(a));
    const [map, active] = [scratch('map', { shape: mapShape(a) }), scratch('active', { shape: mapShape(a) })];
    const argmax = scratch('argmax', { shape: pooledShape(a), dtype: 'uint32' });
    const pool = {
      height: a.outputHeight,
      width: a.outputWidth,
      channels: a.filters,
      outputHeight: a.pooledHeight,
      outputWidth: a.pooledWidth,
    };
    const window = { batch: a.batch, kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2, padTop: 0, padLeft: 0 };
    return [
      { shader: 'conv2d_forward.naive', bindings: { input, kernel, bias, output: map }, params: convolution(a), workgroups: spread(size) },
      { shader: 'relu_forward', bindings: { input: map, output: active }, params: { size }, workgroups: spread(size) },
      {
        shader: 'max_pool2d_forward',
        bindings: { input: active, output, argmax },
        params: { ...window, ...pool },
        workgroups: spread(sizeOf(pooledShape(a))),
      },
      {
        shader: 'pool_encode',
        bindings: { output, argmax, codes },
        params: { positions: sizeOf(pooledShape(a)) / a.filters, filters: a.filters },
        workgroups: spread(sizeOf(codesSpec(a).shape)),
      },
    ];
  },
};

/** The gradient of the whole map, for kernels that know nothing of pooling. */
function decode(a: Conv2dPool, dOutput: Tensor, codes: Tensor, scratch: Scratch): { readonly dMap: Tensor; readonly dispatch: Dispatch } {
  const dMap = scratch('dMap', { shape: mapShape(a) });
  const { batch, outputHeight, outputWidth, pooledHeight, pooledWidth, filters } = a;
  const params = { batch, outputHeight, outputWidth, pooledHeight, pooledWidth, filters };
  return { dMap, dispatch: { shader: 'pool_decode', bindings: { dOutput, codes, dMap }, params, workgroups: spread(sizeOf(mapShape(a))) } };
}

const backwardInputNaive: Variant<'dOutput' | 'codes' | 'kernel' | 'dInput', Conv2dPool> = {
  name: 'naive',
  dispatches: (a, { dOutput, codes, kernel, dInput }, scratch) => {
    const { dMap, dispatch } = decode(a, dOutput, codes, scratch);
    const bindings = { dOutput: dMap, kernel, dInput };
    return [
      dispatch,
      { shader: 'conv2d_backward_input.naive', bindings, params: convolution(a), workgroups: spread(sizeOf(inputShape(a))) },
    ];
  },
};

const backwardKernelNaive: Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> = {
  name: 'naive',
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch) => {
    const { dMap, dispatch } = decode(a, dOutput, codes, scratch);
    const bindings = { input, dOutput: dMap, dKernel };
    return [
      dispatch,
      { shader: 'conv2d_backward_kernel.naive', bindings, params: convolution(a), workgroups: spread(sizeOf(kernelShape(a))) },
      poolBiasBackward(a, dOutput, codes, dBias),
    ];
  },
};

/** Params of a tiled shader: what its constants do not say. */
function tiledParams(a: Conv2dPool) {
  const { batch, height, width, strideHeight, strideWidth, padTop, padLeft, pooledHeight, pooledWidth } = a;
  return { batch, height, width, strideHeight, strideWidth, padTop, padLeft, pooledHeight, pooledWidth };
}

/** Rows and columns of a workgroup's part of the product, in the tiled shaders. */
const TILE = 64;
const tiles = (length: number): number => Math.ceil(length / TILE);
const places = (a: Conv2dPool): number => 4 * a.batch * a.pooledHeight * a.pooledWidth;
const fits = (rows: number, { maxInvocations }: AdapterTraits): boolean => maxInvocations >= 256 && tiles(rows) <= MAX_WORKGROUPS;

const forwardTiled: Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> = {
  name: 'tiled',
  supports: (a, adapter) => fits(places(a), adapter),
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_pool_forward.tiled',
      bindings,
      params: { ...tiledParams(a), filters: a.filters, taps: a.kernelHeight * a.kernelWidth * a.channels },
      constants: { CHANNELS: a.channels, KERNEL_WIDTH: a.kernelWidth },
      workgroups: [tiles(places(a)), tiles(a.filters), 1],
    },
  ],
};

const backwardInputTiled: Variant<'dOutput' | 'codes' | 'kernel' | 'dInput', Conv2dPool> = {
  name: 'tiled',
  supports: (a, adapter) => fits(a.batch * a.height * a.width, adapter),
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_pool_backward_input.tiled',
      bindings,
      params: { ...tiledParams(a), channels: a.channels, taps: a.kernelHeight * a.kernelWidth * a.filters },
      constants: { FILTERS: a.filters, KERNEL_WIDTH: a.kernelWidth },
      workgroups: [tiles(a.batch * a.height * a.width), tiles(a.channels), 1],
    },
  ],
};

const backwardKernelTiled: Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> = {
  name: 'tiled',
  supports: (a, adapter) => fits(a.kernelHeight * a.kernelWidth * a.channels, adapter),
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch) => {
    const taps = a.kernelHeight * a.kernelWidth * a.channels;
    const { count, length } = cut(places(a), tiles(taps) * tiles(a.filters));
    const parts = scratch('parts', { shape: [count, taps * a.filters] });
    return [
      {
        shader: 'conv2d_pool_backward_kernel.tiled',
        bindings: { input, dOutput, codes, parts },
        params: { ...tiledParams(a), filters: a.filters, placesPerPart: length },
        constants: { CHANNELS: a.channels, KERNEL_HEIGHT: a.kernelHeight, KERNEL_WIDTH: a.kernelWidth },
        workgroups: [tiles(taps), tiles(a.filters), count],
      },
      sumParts(parts, dKernel),
      poolBiasBackward(a, dOutput, codes, dBias),
    ];
  },
};

export const conv2dPoolForward = defineOp<Conv2dPool>()({
  name: 'conv2d_pool_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output', 'codes'],
  shapes: a => ({ output: { shape: pooledShape(a) }, codes: codesSpec(a) }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, kernel: { shape: kernelShape(a) }, bias: { shape: [a.filters] } }),
  cost,
  variants: [
    forwardNaive,
    forwardTiled,
    forwardColumns,
    forwardWindows,
    forwardWinograd('blocks'),
    forwardWinograd('lanes'),
    forwardWinograd4('blocks'),
    forwardWinograd4('lanes'),
  ],
});

export const conv2dPoolBackwardInput = defineOp<Conv2dPool>()({
  name: 'conv2d_pool_backward_input',
  inputs: ['dOutput', 'codes', 'kernel'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: inputShape(a) } }),
  inputShapes: a => ({ dOutput: { shape: pooledShape(a) }, codes: codesSpec(a), kernel: { shape: kernelShape(a) } }),
  cost,
  variants: [backwardInputNaive, backwardInputTiled, backwardInputWinograd('blocks'), backwardInputWinograd('lanes')],
});

export const conv2dPoolBackwardKernel = defineOp<Conv2dPool>()({
  name: 'conv2d_pool_backward_kernel',
  inputs: ['input', 'dOutput', 'codes'],
  outputs: ['dKernel', 'dBias'],
  shapes: a => ({ dKernel: { shape: kernelShape(a) }, dBias: { shape: [a.filters] } }),
  inputShapes: a => ({ input: { shape: inputShape(a) }, dOutput: { shape: pooledShape(a) }, codes: codesSpec(a) }),
  cost,
  variants: [
    backwardKernelNaive,
    backwardKernelTiled,
    backwardKernelColumns,
    backwardKernelWindows,
    backwardKernelWinograd('blocks'),
    backwardKernelWinograd('lanes'),
  ],
});
