import type { Tensor } from '../engine/tensor.js';
import { elementwise } from './elementwise.js';

const { forward, backward, apply } = elementwise('tanh', 'output', [5, 3]);

export { backward as tanhBackward, forward as tanhForward };

/** (exp(input) - exp(-input)) / (exp(input) + exp(-input)), element by element. Its gradient is dOutput * (1 - output²). */
export const tanh = (input: Tensor): Tensor => apply(input, {});
