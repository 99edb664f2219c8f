import type { Tensor } from '../engine/tensor.js';
import { elementwise } from './elementwise.js';

const { forward, backward, apply } = elementwise('sigmoid', 'output', [4, 3]);

export { backward as sigmoidBackward, forward as sigmoidForward };

/** 1 / (1 + exp(-input)), element by element. Its gradient is dOutput * output * (1 - output). */
export const sigmoid = (input: Tensor): Tensor => apply(input, {});
