import type { Tensor } from '../engine/tensor.js';
import { elementwise } from './elementwise.js';

const { forward, backward, apply } = elementwise('softplus', 'input', [6, 5]);

export { backward as softplusBackward, forward as softplusForward };

/** log(1 + exp(input)), element by element. Its gradient is dOutput * sigmoid(input). */
export const softplus = (input: Tensor): Tensor => apply(input, {});
