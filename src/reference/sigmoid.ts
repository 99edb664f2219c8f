import type { Floats } from './values.js';

/** output = 1 / (1 + exp(-input)) */
export function sigmoidForward({ input, output }: Record<'input' | 'output', Floats>, { size }: { size: number }): void {
  for (let i = 0; i < size; i++) output[i] = 1 / (1 + Math.exp(-input[i]!));
}

/** dInput = dOutput * output * (1 - output) */
export function sigmoidBackward(
  { output, dOutput, dInput }: Record<'output' | 'dOutput' | 'dInput', Floats>,
  { size }: { size: number },
): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * output[i]! * (1 - output[i]!);
}
