import { reluBackward, reluForward } from '../ops/relu.js';
import { sigmoidBackward, sigmoidForward } from '../ops/sigmoid.js';
import { tanhBackward, tanhForward } from '../ops/tanh.js';
import { elementwise, kernels } from './variant.js';

/** Activation functions of each number by itself; softmax, which takes a row, has a page of its own. */
export const activations = [
  kernels(reluForward, elementwise('relu_forward', 'output')),
  kernels(reluBackward, elementwise('relu_backward', 'dInput')),
  kernels(sigmoidForward, elementwise('sigmoid_forward', 'output')),
  kernels(sigmoidBackward, elementwise('sigmoid_backward', 'dInput')),
  kernels(tanhForward, elementwise('tanh_forward', 'output')),
  kernels(tanhBackward, elementwise('tanh_backward', 'dInput')),
];
