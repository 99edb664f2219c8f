import { type AdapterTraits, MAX_WORKGROUPS, spread, type Variant } from '../engine/op.js';
import type { Conv2dPool } from './conv2d_pool_bias.js';
import { cut, sumParts } from './parts.js';

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
  supports: fits,
  dispatches: (a, bindings, _, adapter) => {
    const { batch, height, width, padTop, padLeft, pooledHeight, pooledWidth } = a;
    return [
      {
        shader: 'conv2d_pool_forward.windows',
        bindings,
        params: { batch, height, width, padTop, padLeft, pooledHeight, pooledWidth, quads: a.filters / 4 },
        constants: constants(a, adapter),
        workgroups: spread(batch * pooledHeight * pooledWidth, adapter.subgroupSize),
      },
    ];
  },
};

export const backwardKernelWindows: Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> = {
  name: 'windows',
  supports: (a, adapter) => fits(a, adapter) && a.filters / 4 / adapter.subgroupSize <= MAX_WORKGROUPS,
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch, adapter) => {
    const { height, width, padTop, padLeft, pooledHeight, pooledWidth } = a;
    const windows = a.batch * pooledHeight * pooledWidth;
    const groups = Math.ceil(a.filters / 4 / adapter.subgroupSize);
    const { count, length } = cut(windows, groups);
    const parts = scratch('parts', { shape: [count, taps(a) * a.filters] });
    const biasParts = scratch('biasParts', { shape: [count, a.filters] });
    return [
      {
        shader: 'conv2d_pool_backward_kernel.windows',
        bindings: { input, dOutput, codes, parts, biasParts },
        params: { windows, windowsPerPart: length, height, width, padTop, padLeft, pooledHeight, pooledWidth, quads: a.filters / 4 },
        constants: constants(a, adapter),
        workgroups: [groups, count, 1],
      },
      sumParts(parts, dKernel),
      sumParts(biasParts, dBias),
    ];
  },
};
