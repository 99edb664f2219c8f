import { addForward } from '../ops/add.js';
import { elementwise, kernels } from './variant.js';

export const add = [kernels(addForward, elementwise('add', 'output'))];
