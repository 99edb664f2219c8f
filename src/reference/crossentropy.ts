import type { Floats } from './values.js';

type Rows = { batch: number; units: number; firstRow: number; rows: number };

/** Keras' epsilon, and 1 - epsilon as float32 has it. */
const EPSILON = Math.fround(1e-7);
const ONE_LESS = Math.fround(1 - 1e-7);

const clip = (p: number): number => Math.min(Math.max(p, EPSILON), ONE_LESS);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** Sum over the valid rows of what `lossOf` gives for each, divided by the whole batch's number of them: loss [1]. */
function meanOverRows(loss: Floats, { batch, units, firstRow, rows }: Rows, lossOf: (row: number) => number): void {
  let sum = 0;
  for (let n = 0; n < Math.min(rows - firstRow, batch); n++) sum += lossOf(n * units);
  loss[0] = sum / rows;
}

/** Fills `gradient` [batch, units] with `gradientOf` over the whole batch's number of valid rows, 0 in the other rows. */
function gradientOverRows(gradient: Floats, { batch, units, firstRow, rows }: Rows, gradientOf: (row: number, u: number) => number): void {
  for (let n = 0; n < batch; n++) {
    for (let u = 0; u < units; u++) gradient[n * units + u] = firstRow + n < rows ? gradientOf(n * units, u) / rows : 0;
  }
}

/** Sum of `term` over the units. */
function sumOver(units: number, term: (u: number) => number): number {
  let sum = 0;
  for (let u = 0; u < units; u++) sum += term(u);
  return sum;
}

/** A row's loss: mean over units of max(z, 0) - z * y + log(1 + exp(-|z|)) */
export function binaryCrossentropyLogitsForward({ logits, labels, loss }: Record<'logits' | 'labels' | 'loss', Floats>, a: Rows): void {
  meanOverRows(loss, a, row => {
    const sum = sumOver(a.units, u => {
      const z = logits[row + u]!;
      return Math.max(z, 0) - z * labels[row + u]! + Math.log1p(Math.exp(-Math.abs(z)));
    });
    return sum / a.units;
  });
}

/** dLogits = (sigmoid(z) - y) / units / rows */
export function binaryCrossentropyLogitsBackward(
  { logits, labels, dLogits }: Record<'logits' | 'labels' | 'dLogits', Floats>,
  a: Rows,
): void {
  gradientOverRows(dLogits, a, (row, u) => (sigmoid(logits[row + u]!) - labels[row + u]!) / a.units);
}

/** A row's loss: mean over units of -(y log(q + epsilon) + (1 - y) log(1 - q + epsilon)), q = clip(p) */
export function binaryCrossentropyProbsForward({ probs, labels, loss }: Record<'probs' | 'labels' | 'loss', Floats>, a: Rows): void {
  meanOverRows(loss, a, row => {
    const sum = sumOver(a.units, u => {
      const q = clip(probs[row + u]!);
      const y = labels[row + u]!;
      return -(y * Math.log(q + EPSILON) + (1 - y) * Math.log(1 - q + EPSILON));
    });
    return sum / a.units;
  });
}

/** dProbs = ((1 - y) / (1 - p + epsilon) - y / (p + epsilon)) / units / rows where the clip lets it through, else 0 */
export function binaryCrossentropyProbsBackward({ probs, labels, dProbs }: Record<'probs' | 'labels' | 'dProbs', Floats>, a: Rows): void {
  gradientOverRows(dProbs, a, (row, u) => {
    const p = probs[row + u]!;
    const y = labels[row + u]!;
    if (p !== clip(p)) return 0;
    return ((1 - y) / (1 - p + EPSILON) - y / (p + EPSILON)) / a.units;
  });
}

/** A row's loss: -sum over units of y * log(softmax(z)) */
export function categoricalCrossentropyLogitsForward(
  { logits, labels, loss }: Record<'logits' | 'labels' | 'loss', Floats>,
  a: Rows,
): void {
  meanOverRows(loss, a, row => {
    const logSum = Math.log(sumOver(a.units, u => Math.exp(logits[row + u]!)));
    return sumOver(a.units, u => labels[row + u]! * (logSum - logits[row + u]!));
  });
}

/** dLogits = (softmax(z) * sum of y - y) / rows */
export function categoricalCrossentropyLogitsBackward(
  { logits, labels, dLogits }: Record<'logits' | 'labels' | 'dLogits', Floats>,
  a: Rows,
): void {
  gradientOverRows(dLogits, a, (row, u) => {
    const total = sumOver(a.units, v => Math.exp(logits[row + v]! - logits[row + u]!));
    const weight = sumOver(a.units, v => labels[row + v]!);
    return weight / total - labels[row + u]!;
  });
}

/** A row's loss: -sum over units of y * log(clip(p / sum of p)) */
export function categoricalCrossentropyProbsForward({ probs, labels, loss }: Record<'probs' | 'labels' | 'loss', Floats>, a: Rows): void {
  meanOverRows(loss, a, row => {
    const total = sumOver(a.units, u => probs[row + u]!);
    return sumOver(a.units, u => -labels[row + u]! * Math.log(clip(probs[row + u]! / total)));
  });
}

/** With q = p / total and g = -y / q where the clip lets it through: dProbs[u] = (g[u] - sum over v of g[v] * q[v]) / total / rows */
export function categoricalCrossentropyProbsBackward(
  { probs, labels, dProbs }: Record<'probs' | 'labels' | 'dProbs', Floats>,
  a: Rows,
): void {
  gradientOverRows(dProbs, a, (row, u) => {
    const total = sumOver(a.units, v => probs[row + v]!);
    const g = (v: number): number => {
      const q = probs[row + v]! / total;
      return q === clip(q) ? -labels[row + v]! / q : 0;
    };
    return (g(u) - sumOver(a.units, v => (g(v) * probs[row + v]!) / total)) / total;
  });
}
