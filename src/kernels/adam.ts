import { adamOp } from '../ops/adam.js';
import { elementwise, kernels } from './variant.js';

export const adam = [kernels(adamOp, elementwise('adam', 'parameter', 'moment', 'velocity'))];
