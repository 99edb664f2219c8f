import { elementwise } from './elementwise.js';

/** 1 / (1 + exp(-input)), element by element. Its gradient is dOutput * output * (1 - output). */
export const {
  forward: sigmoidForward,
  backward: sigmoidBackward,
  apply: sigmoid,
} = elementwise('sigmoid_forward', 'sigmoid_backward', [4, 3]);
