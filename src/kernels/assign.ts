import { assignOp } from '../ops/assign.js';
import { elementwise, kernels } from './variant.js';

export const assign = [kernels(assignOp, elementwise('assign', 'variable'))];
