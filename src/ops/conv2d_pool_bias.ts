import { type Dispatch, MAX_WORKGROUPS } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';
import type { Conv2d } from './conv2d.js';

/** A convolution whose map, after bias and relu, is pooled by 2x2 windows; the map itself need not be written. */
export type Conv2dPool = Conv2d & { readonly pooledHeight: number; readonly pooledWidth: number };

/** dBias from the gradient of what was pooled. */
export function poolBiasBackward(a: Conv2dPool, dOutput: Tensor, codes: Tensor, dBias: Tensor): Dispatch {
  return {
    shader: 'pool_bias_backward',
    bindings: { dOutput, codes, dBias },
    params: { windows: a.batch * a.pooledHeight * a.pooledWidth, filters: a.filters },
    workgroups: [Math.min(a.filters, MAX_WORKGROUPS), Math.ceil(a.filters / MAX_WORKGROUPS), 1],
  };
}
