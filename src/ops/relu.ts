import { elementwise } from './elementwise.js';

/** max(input, 0), element by element. Its gradient is dOutput where the output is positive: 0 at 0, as Keras has it. */
export const { forward: reluForward, backward: reluBackward, apply: relu } = elementwise('relu_forward', 'relu_backward', [1, 1]);
