import { sigmoidBackward, sigmoidForward } from '../ops/sigmoid.js';
import { elementwise, kernels } from './variant.js';

export const sigmoid = [
  kernels(sigmoidForward, elementwise('sigmoid_forward', 'output')),
  kernels(sigmoidBackward, elementwise('sigmoid_backward', 'dInput')),
];
