import { foldNormOp } from '../ops/fold_norm.js';
import { inOrder } from './launch.js';
import { kernels, naive } from './variant.js';

export const foldNorm = [
  kernels(
    foldNormOp,
    naive('fold_norm', ({ size, channels }) => inOrder(size + channels, { foldedKernel: element => element, foldedBias: c => size + c })),
  ),
];
