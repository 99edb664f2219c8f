import type { Tensor } from '../engine/tensor.js';
import { elementwise } from './elementwise.js';

const { forward, backward, apply } = elementwise('exponential', 'output', [1, 1]);

export { backward as exponentialBackward, forward as exponentialForward };

/** exp(input), element by element. Its gradient is dOutput * output. */
export const exponential = (input: Tensor): Tensor => apply(input, {});
