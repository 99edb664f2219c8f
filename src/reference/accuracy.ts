import type { Floats } from './values.js';

type Rows = { batch: number; units: number; firstRow: number; rows: number };

/** How many rows of this part of the batch are valid. */
const validRows = ({ batch, firstRow, rows }: Rows): number => Math.max(0, Math.min(rows - firstRow, batch));

function argmax(values: Floats, row: number, units: number): number {
  let best = 0;
  for (let u = 1; u < units; u++) if (values[row + u]! > values[row + best]!) best = u;
  return best;
}

/** How many valid rows have their largest output where their largest label is, the first of equals. */
export function categoricalAccuracy({ output, labels, correct }: Record<'output' | 'labels' | 'correct', Floats>, a: Rows): void {
  let count = 0;
  for (let n = 0; n < validRows(a); n++) {
    if (argmax(output, n * a.units, a.units) === argmax(labels, n * a.units, a.units)) count++;
  }
  correct[0] = count;
}

/** Over the valid rows, the sum of the share of units where (output > 0.5) equals the label. */
export function binaryAccuracy({ output, labels, correct }: Record<'output' | 'labels' | 'correct', Floats>, a: Rows): void {
  let count = 0;
  for (let i = 0; i < validRows(a) * a.units; i++) {
    if ((output[i]! > 0.5 ? 1 : 0) === labels[i]!) count++;
  }
  correct[0] = count / a.units;
}
