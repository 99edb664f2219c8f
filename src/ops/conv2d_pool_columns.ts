import { type AdapterTraits, type Dispatch, MAX_WORKGROUPS, type Scratch, spread, type Variant } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';
import { type Conv2dPool, poolBiasBackward } from './conv2d_pool_bias.js';
import { cut, sumParts } from './parts.js';

/** Windows of a workgroup in conv2d_pool_forward.columns. */
const WORKGROUP_SIZE = 32;

const tapsOf = (a: Conv2dPool): number => a.kernelHeight * a.kernelWidth * a.channels;
const tapQuadsOf = (a: Conv2dPool): number => Math.ceil(tapsOf(a) / 4);
const windowsOf = (a: Conv2dPool): number => a.batch * a.pooledHeight * a.pooledWidth;

/** Columns repeat every pixel for each kernel position that sees it: that is for images of few channels. */
const MOST_TAPS = 64;

const fits = (a: Conv2dPool, { subgroupSize }: AdapterTraits): boolean =>
  subgroupSize >= 4 && a.filters % 4 === 0 && tapsOf(a) <= MOST_TAPS && Math.ceil(windowsOf(a) / WORKGROUP_SIZE) <= MAX_WORKGROUPS;

/** The columns of an image, window by window: see shaders/conv2d_pool_columns.wgsl. */
function columnsOf(a: Conv2dPool, input: Tensor, scratch: Scratch): { readonly dispatch: Dispatch; readonly columns: Tensor } {
  const { batch, height, width, strideHeight, strideWidth, padTop, padLeft, pooledHeight, pooledWidth } = a;
  const tapQuads = tapQuadsOf(a);
  const columns = scratch('columns', { shape: [windowsOf(a), 4, 4 * tapQuads] });
  return {
    columns,
    dispatch: {
      shader: 'conv2d_pool_columns',
      bindings: { input, columns },
      params: { batch, height, width, strideHeight, strideWidth, padTop, padLeft, pooledHeight, pooledWidth, taps: tapsOf(a), tapQuads },
      constants: { CHANNELS: a.channels, KERNEL_WIDTH: a.kernelWidth },
      workgroups: spread(windowsOf(a) * 4 * tapQuads),
    },
  };
}

export const forwardColumns: Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> = {
  name: 'columns',
  isFallback: true,
  supports: fits,
  dispatches: (a, { input, ...bindings }, scratch) => {
    const { dispatch, columns } = columnsOf(a, input, scratch);
    const windows = windowsOf(a);
    return [
      dispatch,
      {
        shader: 'conv2d_pool_forward.columns',
        bindings: { columns, ...bindings },
        params: { windows, taps: tapsOf(a), tapQuads: tapQuadsOf(a), quads: a.filters / 4 },
        constants: { WORKGROUP_SIZE },
        workgroups: [Math.ceil(a.filters / 8), Math.ceil(windows / WORKGROUP_SIZE), 1],
      },
    ];
  },
};

export const backwardKernelColumns: Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> = {
  name: 'columns',
  isFallback: true,
  supports: fits,
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch, { subgroupSize }) => {
    const { dispatch, columns } = columnsOf(a, input, scratch);
    const windows = windowsOf(a);
    const groups = [Math.ceil(tapQuadsOf(a) / subgroupSize), a.filters / 4] as const;
    const { count, length } = cut(windows, groups[0] * groups[1]);
    const parts = scratch('parts', { shape: [count, tapsOf(a) * a.filters] });
    return [
      dispatch,
      {
        shader: 'conv2d_pool_backward_kernel.columns',
        bindings: { columns, dOutput, codes, parts },
        params: { windows, windowsPerPart: length, taps: tapsOf(a), tapQuads: tapQuadsOf(a), quads: a.filters / 4 },
        constants: { LANES: subgroupSize },
        workgroups: [...groups, count],
      },
      sumParts(parts, dKernel),
      poolBiasBackward(a, dOutput, codes, dBias),
    ];
  },
};
