import { zeroPad2dBackward, zeroPad2dForward } from '../ops/zero_pad2d.js';
import { elementwise, kernels } from './variant.js';

export const zeroPad2d = [
  kernels(zeroPad2dForward, elementwise('zero_pad2d_forward', 'output')),
  kernels(zeroPad2dBackward, elementwise('zero_pad2d_backward', 'dInput')),
];
