import { zerosOp } from '../ops/zeros.js';
import { elementwise, kernels } from './variant.js';

export const zeros = [kernels(zerosOp, elementwise('zeros', 'output'))];
