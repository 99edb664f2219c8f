import { rmspropOp } from '../ops/rmsprop.js';
import { elementwise, kernels } from './variant.js';

export const rmsprop = [kernels(rmspropOp, elementwise('rmsprop', 'parameter', 'velocity', 'momentum', 'average'))];
