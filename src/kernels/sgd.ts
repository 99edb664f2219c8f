import { sgdOp } from '../ops/sgd.js';
import { elementwise, kernels } from './variant.js';

export const sgd = [kernels(sgdOp, elementwise('sgd', 'parameter', 'velocity'))];
