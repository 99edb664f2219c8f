import { maxPool2dBackward, maxPool2dForward } from '../ops/max_pool2d.js';
import { elementwise, kernels } from './variant.js';

export const maxPool2d = [
  kernels(maxPool2dForward, elementwise('max_pool2d_forward', 'output', 'argmax')),
  kernels(maxPool2dBackward, elementwise('max_pool2d_backward', 'dInput')),
];
