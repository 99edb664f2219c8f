import { sizeOf } from '../../engine/shape.js';
import type { Tensor } from '../../engine/tensor.js';
import type { Conv2d } from '../../ops/conv2d.js';
import { type Conv2dPool, conv2dPoolBackwardInput, conv2dPoolBackwardKernel, conv2dPoolForward } from '../../ops/conv2d_pool.js';
import { eachElement } from '../launch.js';
import { cut, sumTwoParts, TILED_WORKGROUPS } from '../parts.js';
import { columnSums, fitsTiled, tiled, tiledWindows, tilingOf, wastesTiles } from '../tiles.js';
import { type Dispatch, kernels, type Scratch, type Variant } from '../variant.js';
import { poolBiasBackward } from './pool_bias.js';
import { backwardKernelColumns, forwardColumns } from './pool_columns.js';
import { backwardKernelWindows, forwardWindows } from './pool_windows.js';
import { backwardInputWinograd, backwardKernelWinograd, forwardWinograd } from './pool_winograd.js';

type Forward = Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool>;
type BackwardInput = Variant<'dOutput' | 'codes' | 'kernel' | 'dInput', Conv2dPool>;
type BackwardKernel = Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool>;

/** What a naive variant is. */
const NAIVE = {
  name: 'naive',
  madeFor: 'any adapter',
  rank: 0,
  does: 'the kernels of convolution, relu and pooling one after another',
} as const;

/** Params of the shaders that know the convolution only. */
function convolution({ pooledHeight: _, pooledWidth: __, ...conv2d }: Conv2dPool): Conv2d {
  return conv2d;
}

const mapOf = (a: Conv2dPool) => ({ shape: [a.batch, a.outputHeight, a.outputWidth, a.filters] }) as const;

const forwardNaive: Forward = {
  ...NAIVE,
  dispatches: (a, { input, kernel, bias, output, codes }, scratch) => {
    const [map, active] = [scratch('map', mapOf(a)), scratch('active', mapOf(a))];
    const argmax = scratch('argmax', { shape: output.shape, dtype: 'uint32' });
    const size = sizeOf(map.shape);
    const pool = {
      height: a.outputHeight,
      width: a.outputWidth,
      channels: a.filters,
      outputHeight: a.pooledHeight,
      outputWidth: a.pooledWidth,
    };
    const window = { batch: a.batch, kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2, padTop: 0, padLeft: 0 };
    return [
      {
        shader: 'conv2d_forward.naive',
        bindings: { input, kernel, bias, output: map },
        params: convolution(a),
        ...eachElement(size, 'output'),
      },
      { shader: 'relu_forward', bindings: { input: map, output: active }, params: { size }, ...eachElement(size, 'output') },
      {
        shader: 'max_pool2d_forward',
        bindings: { input: active, output, argmax },
        params: { ...window, ...pool },
        ...eachElement(sizeOf(output.shape), 'output', 'argmax'),
      },
      {
        shader: 'pool_encode',
        bindings: { output, argmax, codes },
        params: { positions: sizeOf(output.shape) / a.filters, filters: a.filters },
        ...eachElement(sizeOf(codes.shape), 'codes'),
      },
    ];
  },
};

/** The gradient of the whole map, for kernels that know nothing of pooling. */
function decode(a: Conv2dPool, dOutput: Tensor, codes: Tensor, scratch: Scratch): { readonly dMap: Tensor; readonly dispatch: Dispatch } {
  const dMap = scratch('dMap', mapOf(a));
  const { batch, outputHeight, outputWidth, pooledHeight, pooledWidth, filters } = a;
  const params = { batch, outputHeight, outputWidth, pooledHeight, pooledWidth, filters };
  return {
    dMap,
    dispatch: { shader: 'pool_decode', bindings: { dOutput, codes, dMap }, params, ...eachElement(sizeOf(dMap.shape), 'dMap') },
  };
}

const backwardInputNaive: BackwardInput = {
  ...NAIVE,
  dispatches: (a, { dOutput, codes, kernel, dInput }, scratch) => {
    const { dMap, dispatch } = decode(a, dOutput, codes, scratch);
    const bindings = { dOutput: dMap, kernel, dInput };
    return [
      dispatch,
      { shader: 'conv2d_backward_input.naive', bindings, params: convolution(a), ...eachElement(sizeOf(dInput.shape), 'dInput') },
    ];
  },
};

const backwardKernelNaive: BackwardKernel = {
  ...NAIVE,
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch) => {
    const { dMap, dispatch } = decode(a, dOutput, codes, scratch);
    const bindings = { input, dOutput: dMap, dKernel };
    return [
      dispatch,
      { shader: 'conv2d_backward_kernel.naive', bindings, params: convolution(a), ...eachElement(sizeOf(dKernel.shape), 'dKernel') },
      ...poolBiasBackward(a, dOutput, codes, dBias, scratch),
    ];
  },
};

/** Params of a tiled shader: what its constants do not say. */
function tiledParams(a: Conv2dPool) {
  const { batch, height, width, strideHeight, strideWidth, padTop, padLeft, pooledHeight, pooledWidth } = a;
  return { batch, height, width, strideHeight, strideWidth, padTop, padLeft, pooledHeight, pooledWidth };
}

function backwardInputParams(a: Conv2dPool) {
  const { batch, height, width, channels, padTop, padLeft, pooledHeight, pooledWidth } = a;
  return { batch, height, width, channels, padTop, padLeft, pooledHeight, pooledWidth, taps: a.kernelHeight * a.kernelWidth * a.filters };
}

const tapsOf = (a: Conv2dPool): number => a.kernelHeight * a.kernelWidth * a.channels;
const placesOf = (a: Conv2dPool): number => 4 * a.batch * a.pooledHeight * a.pooledWidth;
const pixelsOf = (a: Conv2dPool): number => a.batch * a.height * a.width;

const forwardTiling = (a: Conv2dPool) => tilingOf(placesOf(a), a.filters, 4, true);
const backwardInputTiling = (a: Conv2dPool) => tilingOf(pixelsOf(a), a.channels, 8);
const backwardKernelTiling = (a: Conv2dPool) => tilingOf(tapsOf(a), a.filters, 8);

const forwardTiled: Forward = {
  name: 'tiled',
  madeFor: 'GPUs',
  rank: 1,
  does: 'a matrix product by tiles in workgroup memory, whose rows are the places of the pooling windows: the map is never written',
  supports: (a, adapter) => fitsTiled(forwardTiling(a), adapter),
  wastes: a => wastesTiles(placesOf(a), a.filters),
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_pool_forward.tiled',
      bindings,
      params: { ...tiledParams(a), filters: a.filters, taps: tapsOf(a) },
      constants: { CHANNELS: a.channels, KERNEL_WIDTH: a.kernelWidth, ...forwardTiling(a).constants },
      ...tiledWindows(forwardTiling(a), bindings.output, bindings.codes),
    },
  ],
};

const backwardInputTiled: BackwardInput = {
  name: 'tiled',
  madeFor: 'GPUs',
  rank: 1,
  does: 'a matrix product by tiles in workgroup memory; the gradient of the map is decoded as it is loaded and never written',
  supports: (a, adapter) => fitsTiled(backwardInputTiling(a), adapter),
  wastes: a => wastesTiles(pixelsOf(a), a.channels),
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_pool_backward_input.tiled',
      bindings,
      params: backwardInputParams(a),
      constants: {
        FILTERS: a.filters,
        KERNEL_WIDTH: a.kernelWidth,
        STRIDE_HEIGHT: a.strideHeight,
        STRIDE_WIDTH: a.strideWidth,
        ...backwardInputTiling(a).constants,
      },
      ...tiled(backwardInputTiling(a), 'dInput', pixelsOf(a), a.channels, 'at eight pixels for four channels'),
    },
  ],
};

const backwardKernelTiled: BackwardKernel = {
  name: 'tiled',
  madeFor: 'GPUs',
  rank: 1,
  does: 'a matrix product by tiles in workgroup memory, its long sum cut into parts; the gradient of the map is never written',
  supports: (a, adapter) => fitsTiled(backwardKernelTiling(a), adapter),
  wastes: a => wastesTiles(tapsOf(a), a.filters),
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch) => {
    const taps = tapsOf(a);
    const tiling = backwardKernelTiling(a);
    const { count, length } = cut(placesOf(a), sizeOf(tiling.groups), TILED_WORKGROUPS);
    const parts = scratch('parts', { shape: [count, taps * a.filters] });
    const biasParts = scratch('biasParts', { shape: [count, a.filters] });
    const { workgroups, writers } = tiled(tiling, 'parts', taps, a.filters, 'for one part of the sum; sum_two_parts adds them up', count);
    return [
      {
        shader: 'conv2d_pool_backward_kernel.tiled',
        bindings: { input, dOutput, codes, parts, biasParts },
        params: { ...tiledParams(a), filters: a.filters, placesPerPart: length },
        constants: { CHANNELS: a.channels, KERNEL_HEIGHT: a.kernelHeight, KERNEL_WIDTH: a.kernelWidth, ...tiling.constants },
        workgroups,
        writers: { ...writers, biasParts: columnSums(tiling, taps, a.filters) },
      },
      sumTwoParts([parts, dKernel], [biasParts, dBias]),
    ];
  },
};

export const conv2dPool = [
  kernels(conv2dPoolForward, forwardNaive, forwardTiled, forwardColumns, forwardWindows, ...forwardWinograd),
  kernels(conv2dPoolBackwardInput, backwardInputNaive, backwardInputTiled, ...backwardInputWinograd),
  kernels(
    conv2dPoolBackwardKernel,
    backwardKernelNaive,
    backwardKernelTiled,
    backwardKernelColumns,
    backwardKernelWindows,
    ...backwardKernelWinograd,
  ),
];
