import type { Tensor } from '../../engine/tensor.js';
import type { Conv2dPool } from '../../ops/conv2d_pool.js';
import { sumColumns } from '../parts.js';
import type { Dispatch, Scratch } from '../variant.js';

/** dBias from the gradient of what was pooled. */
export function poolBiasBackward(a: Conv2dPool, dOutput: Tensor, codes: Tensor, dBias: Tensor, scratch: Scratch): readonly Dispatch[] {
  const windows = a.batch * a.pooledHeight * a.pooledWidth;
  const sum = { shader: 'pool_bias_backward', bindings: { dOutput, codes }, params: { windows, filters: a.filters } };
  return sumColumns(sum, { rows: windows, perPart: 'windowsPerPart' }, dBias, scratch);
}
