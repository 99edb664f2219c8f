import { biasBackwardOp } from '../ops/bias.js';
import { workgroupEach } from './launch.js';
import { kernels, naive } from './variant.js';

export const bias = [
  kernels(
    biasBackwardOp,
    naive('bias_backward', ({ units }) => workgroupEach(units, { dBias: unit => unit })),
  ),
];
