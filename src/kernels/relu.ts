import { reluBackward, reluForward } from '../ops/relu.js';
import { elementwise, kernels } from './variant.js';

export const relu = [
  kernels(reluForward, elementwise('relu_forward', 'output')),
  kernels(reluBackward, elementwise('relu_backward', 'dInput')),
];
