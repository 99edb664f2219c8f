import { multiplyAddOp } from '../ops/multiply_add.js';
import { elementwise, kernels } from './variant.js';

export const multiplyAdd = [kernels(multiplyAddOp, elementwise('multiply_add', 'output'))];
