import { clippedReluBackward, clippedReluForward } from '../ops/clipped_relu.js';
import { exponentialBackward, exponentialForward } from '../ops/exponential.js';
import { geluBackward, geluForward } from '../ops/gelu.js';
import { hardSigmoidBackward, hardSigmoidForward } from '../ops/hard_sigmoid.js';
import { reluBackward, reluForward } from '../ops/relu.js';
import { scaledEluBackward, scaledEluForward } from '../ops/scaled_elu.js';
import { sigmoidBackward, sigmoidForward } from '../ops/sigmoid.js';
import { siluBackward, siluForward } from '../ops/silu.js';
import { softplusBackward, softplusForward } from '../ops/softplus.js';
import { tanhBackward, tanhForward } from '../ops/tanh.js';
import { elementwise, kernels } from './variant.js';

/** Activation functions of each number by itself; softmax, which takes a row, has a page of its own. */
export const activations = [
  kernels(reluForward, elementwise('relu_forward', 'output')),
  kernels(reluBackward, elementwise('relu_backward', 'dInput')),
  kernels(clippedReluForward, elementwise('clipped_relu_forward', 'output')),
  kernels(clippedReluBackward, elementwise('clipped_relu_backward', 'dInput')),
  kernels(scaledEluForward, elementwise('scaled_elu_forward', 'output')),
  kernels(scaledEluBackward, elementwise('scaled_elu_backward', 'dInput')),
  kernels(geluForward, elementwise('gelu_forward', 'output')),
  kernels(geluBackward, elementwise('gelu_backward', 'dInput')),
  kernels(siluForward, elementwise('silu_forward', 'output')),
  kernels(siluBackward, elementwise('silu_backward', 'dInput')),
  kernels(softplusForward, elementwise('softplus_forward', 'output')),
  kernels(softplusBackward, elementwise('softplus_backward', 'dInput')),
  kernels(sigmoidForward, elementwise('sigmoid_forward', 'output')),
  kernels(sigmoidBackward, elementwise('sigmoid_backward', 'dInput')),
  kernels(hardSigmoidForward, elementwise('hard_sigmoid_forward', 'output')),
  kernels(hardSigmoidBackward, elementwise('hard_sigmoid_backward', 'dInput')),
  kernels(tanhForward, elementwise('tanh_forward', 'output')),
  kernels(tanhBackward, elementwise('tanh_backward', 'dInput')),
  kernels(exponentialForward, elementwise('exponential_forward', 'output')),
  kernels(exponentialBackward, elementwise('exponential_backward', 'dInput')),
];
