import type { Floats } from './values.js';

type Rows = { units: number; rows: number };

function argmax(values: Floats, row: number, units: number): number {
  let best = 0;
  for (let u = 1; u < units; u++) if (values[row + u]! > values[row + best]!) best = u;
  return best;
}

/** How many valid rows have their largest output where their largest label is, the first of equals. */
export function categoricalAccuracy(
  { output, labels, correct }: Record<'output' | 'labels' | 'correct', Floats>,
  { units, rows }: Rows,
): void {
  let count = 0;
  for (let n = 0; n < rows; n++) {
    if (argmax(output, n * units, units) === argmax(labels, n * units, units)) count++;
  }
  correct[0] = count;
}

/** Over the valid rows, the sum of the share of units where (output > 0.5) equals the label. */
export function binaryAccuracy({ output, labels, correct }: Record<'output' | 'labels' | 'correct', Floats>, { units, rows }: Rows): void {
  let count = 0;
  for (let i = 0; i < rows * units; i++) {
    if ((output[i]! > 0.5 ? 1 : 0) === labels[i]!) count++;
  }
  correct[0] = count / units;
}
