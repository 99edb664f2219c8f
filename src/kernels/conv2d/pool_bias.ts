import type { Tensor } from '../../engine/tensor.js';
import type { Conv2dPool } from '../../ops/conv2d_pool.js';
import { workgroupEach } from '../launch.js';
import type { Dispatch } from '../variant.js';

/** dBias from the gradient of what was pooled. */
export function poolBiasBackward(a: Conv2dPool, dOutput: Tensor, codes: Tensor, dBias: Tensor): Dispatch {
  return {
    shader: 'pool_bias_backward',
    bindings: { dOutput, codes, dBias },
    params: { windows: a.batch * a.pooledHeight * a.pooledWidth, filters: a.filters },
    ...workgroupEach(a.filters, { dBias: filter => filter }),
  };
}
