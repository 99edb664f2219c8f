import type { Tensor } from '../engine/tensor.js';
import { elementwise } from './elementwise.js';

const { forward, backward, apply } = elementwise('silu', 'input', [5, 12]);

export { backward as siluBackward, forward as siluForward };

/**
 * input * sigmoid(input), element by element; also called swish. Its gradient is dOutput * s * (1 + input * (1 - s)) with s = sigmoid(input).
 * Source: Ramachandran et al., https://arxiv.org/abs/1710.05941
 */
export const silu = (input: Tensor): Tensor => apply(input, {});
