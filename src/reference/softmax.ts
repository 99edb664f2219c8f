import type { Floats } from './values.js';

type Rows = { batch: number; units: number };

/** output[n, u] = exp(input[n, u] - max) / sum over v of exp(input[n, v] - max) */
export function softmaxForward({ input, output }: Record<'input' | 'output', Floats>, { batch, units }: Rows): void {
  for (let n = 0; n < batch; n++) {
    const row = input.subarray(n * units, (n + 1) * units);
    const largest = Math.max(...row);
    let sum = 0;
    for (let u = 0; u < units; u++) sum += Math.exp(row[u]! - largest);
    for (let u = 0; u < units; u++) output[n * units + u] = Math.exp(row[u]! - largest) / sum;
  }
}

/** dInput[n, u] = output[n, u] * (dOutput[n, u] - sum over v of dOutput[n, v] * output[n, v]) */
export function softmaxBackward(
  { output, dOutput, dInput }: Record<'output' | 'dOutput' | 'dInput', Floats>,
  { batch, units }: Rows,
): void {
  for (let n = 0; n < batch; n++) {
    let mean = 0;
    for (let i = n * units; i < (n + 1) * units; i++) mean += dOutput[i]! * output[i]!;
    for (let i = n * units; i < (n + 1) * units; i++) dInput[i] = output[i]! * (dOutput[i]! - mean);
  }
}
