import type { Floats } from './values.js';

export type Rows = { batch: number; units: number; firstRow: number; rows: number; weighted?: number };

/** Tensors of a loss: `weights` are read where the attr `weighted` is 1. */
export type RowTensors<N extends string> = Record<N | 'labels', Floats> & { readonly weights?: Floats };

const weightOf = (weights: Floats | undefined, { weighted }: Rows, n: number): number => (weighted === 1 ? weights![n]! : 1);

/** Sum over the valid rows of what `lossOf` gives for each, times its weight, divided by the whole batch's number of them: loss [1]. */
export function meanOverRows(
  { loss, weights }: { readonly loss: Floats; readonly weights?: Floats },
  attrs: Rows,
  lossOf: (row: number) => number,
): void {
  const { batch, units, firstRow, rows } = attrs;
  let sum = 0;
  for (let n = 0; n < Math.min(rows - firstRow, batch); n++) sum += weightOf(weights, attrs, n) * lossOf(n * units);
  loss[0] = sum / rows;
}

/** Fills `gradient` [batch, units] with `gradientOf`, times the row's weight, over the whole batch's number of valid rows, 0 in the other rows. */
export function gradientOverRows(
  { gradient, weights }: { readonly gradient: Floats; readonly weights?: Floats },
  attrs: Rows,
  gradientOf: (row: number, u: number) => number,
): void {
  const { batch, units, firstRow, rows } = attrs;
  for (let n = 0; n < batch; n++) {
    const scale = firstRow + n < rows ? weightOf(weights, attrs, n) / rows : 0;
    for (let u = 0; u < units; u++) gradient[n * units + u] = scale === 0 ? 0 : gradientOf(n * units, u) * scale;
  }
}

/** Sum of `term` over the units. */
export function sumOver(units: number, term: (u: number) => number): number {
  let sum = 0;
  for (let u = 0; u < units; u++) sum += term(u);
  return sum;
}

/** A row's loss: mean over units of (p - y)² */
export function squaredErrorForward({ output, labels, loss, ...more }: RowTensors<'output' | 'loss'>, a: Rows): void {
  meanOverRows({ ...more, loss }, a, row => sumOver(a.units, u => (output[row + u]! - labels[row + u]!) ** 2) / a.units);
}

/** dOutput = 2 (p - y) / units / rows */
export function squaredErrorBackward({ output, labels, dOutput, ...more }: RowTensors<'output' | 'dOutput'>, a: Rows): void {
  gradientOverRows({ ...more, gradient: dOutput }, a, (row, u) => (2 * (output[row + u]! - labels[row + u]!)) / a.units);
}

/** A row's loss: mean over units of |p - y| */
export function absoluteErrorForward({ output, labels, loss, ...more }: RowTensors<'output' | 'loss'>, a: Rows): void {
  meanOverRows({ ...more, loss }, a, row => sumOver(a.units, u => Math.abs(output[row + u]! - labels[row + u]!)) / a.units);
}

/** dOutput = sign(p - y) / units / rows */
export function absoluteErrorBackward({ output, labels, dOutput, ...more }: RowTensors<'output' | 'dOutput'>, a: Rows): void {
  gradientOverRows({ ...more, gradient: dOutput }, a, (row, u) => Math.sign(output[row + u]! - labels[row + u]!) / a.units);
}

/** smoothed = labels * keep + share */
export function smoothLabels(
  { labels, smoothed }: Record<'labels' | 'smoothed', Floats>,
  { keep, share }: { keep: number; share: number },
): void {
  for (let i = 0; i < labels.length; i++) smoothed[i] = labels[i]! * keep + share;
}
