import type { Tensor } from '../engine/tensor.js';
import { elementwise } from './elementwise.js';

const { forward, backward, apply } = elementwise('gelu', 'input', [20, 30]);

export { backward as geluBackward, forward as geluForward };

/**
 * input * P(input), element by element, where P is the share of the standard normal distribution below it: (1 + erf(input / √2)) / 2. Its gradient is
 * dOutput * (P(input) + input * exp(-input² / 2) / √(2π)). Source: Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415
 */
export const gelu = (input: Tensor): Tensor => apply(input, {});
