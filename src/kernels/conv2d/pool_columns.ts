import type { Tensor } from '../../engine/tensor.js';
import type { Conv2dPool } from '../../ops/conv2d_pool.js';
import { cell, inOrder, MAX_WORKGROUPS, type Place } from '../launch.js';
import { cut, partOf, sumParts } from '../parts.js';
import type { AdapterTraits, Dispatch, Scratch, Variant } from '../variant.js';
import { poolBiasBackward } from './pool_bias.js';

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
      ...inOrder(windowsOf(a) * 4 * tapQuads, { columns: element => Math.floor(element / 4) }),
    },
  };
}

export const forwardColumns: Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> = {
  name: 'columns',
  madeFor: 'drivers that keep arrays in memory',
  rank: 2,
  does: 'a matrix product of the columns that windows see, in variables with names and no arrays: four invocations share weights',
  supports: fits,
  dispatches: (a, { input, ...bindings }, scratch) => {
    const { dispatch, columns } = columnsOf(a, input, scratch);
    const windows = windowsOf(a);
    const words = bindings.codes.shape.at(-1)!;
    const placeOf = (window: number, word: number): Place => ({
      group: [word, Math.floor(window / WORKGROUP_SIZE), 0],
      lane: window % WORKGROUP_SIZE,
      size: WORKGROUP_SIZE,
      note: 'It computes the four places of this window for eight filters.',
    });
    return [
      dispatch,
      {
        shader: 'conv2d_pool_forward.columns',
        bindings: { columns, ...bindings },
        params: { windows, taps: tapsOf(a), tapQuads: tapQuadsOf(a), quads: a.filters / 4 },
        constants: { WORKGROUP_SIZE },
        workgroups: [words, Math.ceil(windows / WORKGROUP_SIZE), 1],
        writers: {
          output: element => placeOf(Math.floor(element / a.filters), Math.floor((element % a.filters) / 8)),
          codes: element => placeOf(Math.floor(element / words), element % words),
        },
      },
    ];
  },
};

export const backwardKernelColumns: Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> = {
  name: 'columns',
  madeFor: 'drivers that keep arrays in memory',
  rank: 2,
  does: 'multiplies only the column that won, in variables with names and no arrays: four invocations share gradients and codes',
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
        writers: {
          parts: element => {
            const { part, row, column } = cell(element, tapsOf(a), a.filters);
            const quad = Math.floor(row / 4);
            const group = [Math.floor(quad / subgroupSize), Math.floor(column / 4), part] as const;
            return { group, lane: quad % subgroupSize, size: subgroupSize, note: partOf('four taps by four filters') };
          },
        },
      },
      sumParts(parts, dKernel),
      ...poolBiasBackward(a, dOutput, codes, dBias, scratch),
    ];
  },
};
