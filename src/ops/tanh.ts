import { elementwise } from './elementwise.js';

/** (exp(input) - exp(-input)) / (exp(input) + exp(-input)), element by element. Its gradient is dOutput * (1 - output²). */
export const { forward: tanhForward, backward: tanhBackward, apply: tanh } = elementwise('tanh_forward', 'tanh_backward', [5, 3]);
