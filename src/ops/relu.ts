import type { Tensor } from '../engine/tensor.js';
import { elementwise } from './elementwise.js';

const { forward, backward, apply } = elementwise('relu', 'output', [1, 1]);

export { backward as reluBackward, forward as reluForward };

/** max(input, 0), element by element. Its gradient is dOutput where the output is positive: 0 at 0, as Keras has it. */
export const relu = (input: Tensor): Tensor => apply(input, {});
