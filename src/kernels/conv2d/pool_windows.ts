import type { Conv2dPool } from '../../ops/conv2d_pool.js';
import { cell, inOrder, MAX_WORKGROUPS, type Place } from '../launch.js';
import { cut, sumTwoParts } from '../parts.js';
import type { AdapterTraits, Variant } from '../variant.js';

/** Numbers of a patch that a lane's registers hold. */
const MOST_TAPS = 32;

const taps = (a: Conv2dPool): number => a.kernelHeight * a.kernelWidth * a.channels;

/** Images of few channels, as a network's first layer has: one lane a pooling window. */
function fits(a: Conv2dPool, { subgroupSize }: AdapterTraits): boolean {
  return subgroupSize >= 4 && taps(a) <= MOST_TAPS && a.strideHeight === 1 && a.strideWidth === 1 && a.filters % 4 === 0;
}

const constants = (a: Conv2dPool, { subgroupSize }: AdapterTraits) => ({
  LANES: subgroupSize,
  CHANNELS: a.channels,
  KERNEL_HEIGHT: a.kernelHeight,
  KERNEL_WIDTH: a.kernelWidth,
});

export const forwardWindows: Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> = {
  name: 'windows',
  madeFor: 'drivers whose loads cost most',
  rank: 3,
  does: 'keeps the patch of a window in registers for all filters; weights are spread over a subgroup and passed round',
  supports: fits,
  dispatches: (a, bindings, _, adapter) => {
    const { batch, height, width, padTop, padLeft, pooledHeight, pooledWidth } = a;
    const words = bindings.codes.shape.at(-1)!;
    const numbers = {
      output: (element: number): number => Math.floor(element / a.filters),
      codes: (element: number): number => Math.floor(element / words),
    };
    return [
      {
        shader: 'conv2d_pool_forward.windows',
        bindings,
        params: { batch, height, width, padTop, padLeft, pooledHeight, pooledWidth, quads: a.filters / 4 },
        constants: constants(a, adapter),
        ...inOrder(batch * pooledHeight * pooledWidth, numbers, 'It computes all filters of this window.', adapter.subgroupSize),
      },
    ];
  },
};

export const backwardKernelWindows: Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> = {
  name: 'windows',
  madeFor: 'drivers whose loads cost most',
  rank: 3,
  does: 'multiplies only what won: a patch is spread over a subgroup and passed round, the sums stay in registers',
  supports: (a, adapter) => fits(a, adapter) && a.filters / 4 / adapter.subgroupSize <= MAX_WORKGROUPS,
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch, adapter) => {
    const { height, width, padTop, padLeft, pooledHeight, pooledWidth } = a;
    const windows = a.batch * pooledHeight * pooledWidth;
    const groups = Math.ceil(a.filters / 4 / adapter.subgroupSize);
    const { count, length } = cut(windows, groups);
    const parts = scratch('parts', { shape: [count, taps(a) * a.filters] });
    const placeOf = (part: number, filter: number): Place => ({
      group: [Math.floor(filter / 4 / adapter.subgroupSize), part, 0],
      lane: Math.floor(filter / 4) % adapter.subgroupSize,
      size: adapter.subgroupSize,
      note: 'It computes one part of the sums for four filters; sum_two_parts adds the parts up.',
    });
    const biasParts = scratch('biasParts', { shape: [count, a.filters] });
    return [
      {
        shader: 'conv2d_pool_backward_kernel.windows',
        bindings: { input, dOutput, codes, parts, biasParts },
        params: { windows, windowsPerPart: length, height, width, padTop, padLeft, pooledHeight, pooledWidth, quads: a.filters / 4 },
        constants: constants(a, adapter),
        workgroups: [groups, count, 1],
        writers: {
          parts: element => {
            const { part, column } = cell(element, taps(a), a.filters);
            return placeOf(part, column);
          },
          biasParts: element => placeOf(Math.floor(element / a.filters), element % a.filters),
        },
      },
      sumTwoParts([parts, dKernel], [biasParts, dBias]),
    ];
  },
};
