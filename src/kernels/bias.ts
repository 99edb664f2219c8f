import { biasBackwardOp } from '../ops/bias.js';
import { sumColumns } from './parts.js';
import { kernels } from './variant.js';

export const bias = [
  kernels(biasBackwardOp, {
    name: 'naive',
    madeFor: 'any adapter',
    rank: 0,
    does: 'invocations beside each other read units beside each other; the long sum is cut into parts',
    dispatches: (params, { dOutput, dBias }, scratch) =>
      sumColumns({ shader: 'bias_backward', bindings: { dOutput }, params }, { rows: params.rows, perPart: 'rowsPerPart' }, dBias, scratch),
  }),
];
