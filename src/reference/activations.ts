import type { Floats } from './values.js';

type Forward = Record<'input' | 'output', Floats>;
type Backward = Record<'output' | 'dOutput' | 'dInput', Floats>;
type Size = { size: number };

/** output = max(input, 0) */
function reluForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = Math.max(input[i]!, 0);
}

/** dInput = dOutput where output > 0, else 0 */
function reluBackward({ output, dOutput, dInput }: Backward, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = output[i]! > 0 ? dOutput[i]! : 0;
}

/** output = 1 / (1 + exp(-input)) */
function sigmoidForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = 1 / (1 + Math.exp(-input[i]!));
}

/** dInput = dOutput * output * (1 - output) */
function sigmoidBackward({ output, dOutput, dInput }: Backward, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * output[i]! * (1 - output[i]!);
}

/** output = tanh(input) */
function tanhForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = Math.tanh(input[i]!);
}

/** dInput = dOutput * (1 - output²) */
function tanhBackward({ output, dOutput, dInput }: Backward, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * (1 - output[i]! * output[i]!);
}

/** Activation functions of each number by itself, by the names of their ops; softmax, which takes a row, has a page of its own. */
export const activations = {
  relu_forward: { run: reluForward },
  relu_backward: { run: reluBackward },
  sigmoid_forward: { run: sigmoidForward },
  sigmoid_backward: { run: sigmoidBackward },
  tanh_forward: { run: tanhForward },
  tanh_backward: { run: tanhBackward },
};
