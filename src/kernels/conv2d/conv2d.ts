import { sizeOf } from '../../engine/shape.js';
import { type Conv2d, conv2dBackwardInput, conv2dBackwardKernel, conv2dForward } from '../../ops/conv2d.js';
import { cut, sumParts, TILED_WORKGROUPS } from '../parts.js';
import { fitsTiled, tiled, tilingOf, wastesTiles } from '../tiles.js';
import { elementwise, kernels, type Variant } from '../variant.js';
import { backwardInputWinograd, backwardKernelWinograd, forwardWinograd } from './conv2d_winograd.js';

/** Params of a tiled shader: what its constants do not say. */
function tiledParams(a: Conv2d) {
  const { batch, height, width, strideHeight, strideWidth, padTop, padLeft, outputHeight, outputWidth } = a;
  return { batch, height, width, strideHeight, strideWidth, padTop, padLeft, outputHeight, outputWidth };
}

function backwardInputParams(a: Conv2d) {
  const { batch, height, width, channels, padTop, padLeft, outputHeight, outputWidth } = a;
  return { batch, height, width, channels, padTop, padLeft, outputHeight, outputWidth, taps: a.kernelHeight * a.kernelWidth * a.filters };
}

const strides = (a: Conv2d) => ({ STRIDE_HEIGHT: a.strideHeight, STRIDE_WIDTH: a.strideWidth });

/** Its constants that say where on the input a tap lies. */
const placing = (a: Conv2d) => ({ KERNEL_WIDTH: a.kernelWidth, DILATION_HEIGHT: a.dilationHeight, DILATION_WIDTH: a.dilationWidth });

const tapsOf = (a: Conv2d): number => a.kernelHeight * a.kernelWidth * a.channels;
const positionsOf = (a: Conv2d): number => a.batch * a.outputHeight * a.outputWidth;
const pixelsOf = (a: Conv2d): number => a.batch * a.height * a.width;

const MATRIX_PRODUCT = 'a matrix product by tiles in workgroup memory: a number loaded once is used for a whole row or column of a tile';

const forwardTiling = (a: Conv2d) => tilingOf(positionsOf(a), a.filters, 4);
const backwardInputTiling = (a: Conv2d) => tilingOf(pixelsOf(a), a.channels, 8);
const backwardKernelTiling = (a: Conv2d) => tilingOf(tapsOf(a), a.filters, 8);

const forwardTiled: Variant<'input' | 'kernel' | 'bias' | 'output', Conv2d> = {
  name: 'tiled',
  madeFor: 'GPUs',
  rank: 1,
  does: MATRIX_PRODUCT,
  supports: (a, adapter) => fitsTiled(forwardTiling(a), adapter),
  wastes: a => wastesTiles(positionsOf(a), a.filters),
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_forward.tiled',
      bindings,
      params: { ...tiledParams(a), filters: a.filters, taps: tapsOf(a) },
      constants: { CHANNELS: a.channels, ...placing(a), ...forwardTiling(a).constants },
      ...tiled(forwardTiling(a), 'output', positionsOf(a), a.filters, 'at four positions for four filters'),
    },
  ],
};

const backwardInputTiled: Variant<'dOutput' | 'kernel' | 'dInput', Conv2d> = {
  name: 'tiled',
  madeFor: 'GPUs',
  rank: 1,
  does: MATRIX_PRODUCT,
  supports: (a, adapter) => fitsTiled(backwardInputTiling(a), adapter),
  wastes: a => wastesTiles(pixelsOf(a), a.channels),
  dispatches: (a, bindings) => [
    {
      shader: 'conv2d_backward_input.tiled',
      bindings,
      params: backwardInputParams(a),
      constants: { FILTERS: a.filters, ...strides(a), ...placing(a), ...backwardInputTiling(a).constants },
      ...tiled(backwardInputTiling(a), 'dInput', pixelsOf(a), a.channels, 'at eight pixels for four channels'),
    },
  ],
};

const backwardKernelTiled: Variant<'input' | 'dOutput' | 'dKernel', Conv2d> = {
  name: 'tiled',
  madeFor: 'GPUs',
  rank: 1,
  does: `${MATRIX_PRODUCT}; the long sum is cut into parts`,
  supports: (a, adapter) => fitsTiled(backwardKernelTiling(a), adapter),
  wastes: a => wastesTiles(tapsOf(a), a.filters),
  dispatches: (a, { input, dOutput, dKernel }, scratch) => {
    const taps = tapsOf(a);
    const tiling = backwardKernelTiling(a);
    const { count, length } = cut(positionsOf(a), sizeOf(tiling.groups), TILED_WORKGROUPS);
    const parts = scratch('parts', { shape: [count, taps * a.filters] });
    return [
      {
        shader: 'conv2d_backward_kernel.tiled',
        bindings: { input, dOutput, parts },
        params: { ...tiledParams(a), filters: a.filters, positionsPerPart: length },
        constants: { CHANNELS: a.channels, KERNEL_HEIGHT: a.kernelHeight, ...placing(a), ...tiling.constants },
        ...tiled(tiling, 'parts', taps, a.filters, 'for one part of the sum; sum_parts adds them up', count),
      },
      sumParts(parts, dKernel),
    ];
  },
};

export const conv2d = [
  kernels(conv2dForward, elementwise('conv2d_forward.naive', 'output'), forwardTiled, ...forwardWinograd),
  kernels(conv2dBackwardInput, elementwise('conv2d_backward_input.naive', 'dInput'), backwardInputTiled, ...backwardInputWinograd),
  kernels(conv2dBackwardKernel, elementwise('conv2d_backward_kernel.naive', 'dKernel'), backwardKernelTiled, ...backwardKernelWinograd),
];
