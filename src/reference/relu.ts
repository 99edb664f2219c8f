import type { Floats } from './values.js';

/** output = max(input, 0) */
export function reluForward({ input, output }: Record<'input' | 'output', Floats>, { size }: { size: number }): void {
  for (let i = 0; i < size; i++) output[i] = Math.max(input[i]!, 0);
}

/** dInput = dOutput where output > 0, else 0 */
export function reluBackward(
  { output, dOutput, dInput }: Record<'output' | 'dOutput' | 'dInput', Floats>,
  { size }: { size: number },
): void {
  for (let i = 0; i < size; i++) dInput[i] = output[i]! > 0 ? dOutput[i]! : 0;
}
