import { augmentOp } from '../ops/augment.js';
import { elementwise, kernels } from './variant.js';

export const augment = [kernels(augmentOp, elementwise('augment', 'output'))];
