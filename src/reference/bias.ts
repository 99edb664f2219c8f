import type { Floats } from './values.js';

/** dBias[u] = sum over rows of dOutput[row, u] */
export function biasBackward(
  { dOutput, dBias }: Record<'dOutput' | 'dBias', Floats>,
  { rows, units }: { rows: number; units: number },
): void {
  for (let u = 0; u < units; u++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += dOutput[row * units + u]!;
    dBias[u] = sum;
  }
}
