import { gradientOverRows, meanOverRows, type Rows, type RowTensors, sumOver } from './loss.js';

/** Keras' epsilon, and 1 - epsilon as float32 has it. */
const EPSILON = Math.fround(1e-7);
const ONE_LESS = Math.fround(1 - 1e-7);

const clip = (p: number): number => Math.min(Math.max(p, EPSILON), ONE_LESS);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** A row's loss: mean over units of max(z, 0) - z * y + log(1 + exp(-|z|)) */
export function binaryCrossentropyLogitsForward({ logits, labels, loss, ...more }: RowTensors<'logits' | 'loss'>, a: Rows): void {
  meanOverRows({ ...more, loss }, a, row => {
    const sum = sumOver(a.units, u => {
      const z = logits[row + u]!;
      return Math.max(z, 0) - z * labels[row + u]! + Math.log1p(Math.exp(-Math.abs(z)));
    });
    return sum / a.units;
  });
}

/** dLogits = (sigmoid(z) - y) / units / rows */
export function binaryCrossentropyLogitsBackward({ logits, labels, dLogits, ...more }: RowTensors<'logits' | 'dLogits'>, a: Rows): void {
  gradientOverRows({ ...more, gradient: dLogits }, a, (row, u) => (sigmoid(logits[row + u]!) - labels[row + u]!) / a.units);
}

/** A row's loss: mean over units of -(y log(q + epsilon) + (1 - y) log(1 - q + epsilon)), q = clip(p) */
export function binaryCrossentropyProbsForward({ probs, labels, loss, ...more }: RowTensors<'probs' | 'loss'>, a: Rows): void {
  meanOverRows({ ...more, loss }, a, row => {
    const sum = sumOver(a.units, u => {
      const q = clip(probs[row + u]!);
      const y = labels[row + u]!;
      return -(y * Math.log(q + EPSILON) + (1 - y) * Math.log(1 - q + EPSILON));
    });
    return sum / a.units;
  });
}

/** dProbs = ((1 - y) / (1 - p + epsilon) - y / (p + epsilon)) / units / rows where the clip lets it through, else 0 */
export function binaryCrossentropyProbsBackward({ probs, labels, dProbs, ...more }: RowTensors<'probs' | 'dProbs'>, a: Rows): void {
  gradientOverRows({ ...more, gradient: dProbs }, a, (row, u) => {
    const p = probs[row + u]!;
    const y = labels[row + u]!;
    if (p !== clip(p)) return 0;
    return ((1 - y) / (1 - p + EPSILON) - y / (p + EPSILON)) / a.units;
  });
}

/** A row's loss: -sum over units of y * log(softmax(z)) */
export function categoricalCrossentropyLogitsForward({ logits, labels, loss, ...more }: RowTensors<'logits' | 'loss'>, a: Rows): void {
  meanOverRows({ ...more, loss }, a, row => {
    const logSum = Math.log(sumOver(a.units, u => Math.exp(logits[row + u]!)));
    return sumOver(a.units, u => labels[row + u]! * (logSum - logits[row + u]!));
  });
}

/** dLogits = (softmax(z) * sum of y - y) / rows */
export function categoricalCrossentropyLogitsBackward(
  { logits, labels, dLogits, ...more }: RowTensors<'logits' | 'dLogits'>,
  a: Rows,
): void {
  gradientOverRows({ ...more, gradient: dLogits }, a, (row, u) => {
    const total = sumOver(a.units, v => Math.exp(logits[row + v]! - logits[row + u]!));
    const weight = sumOver(a.units, v => labels[row + v]!);
    return weight / total - labels[row + u]!;
  });
}

/** A row's loss: -sum over units of y * log(clip(p / sum of p)) */
export function categoricalCrossentropyProbsForward({ probs, labels, loss, ...more }: RowTensors<'probs' | 'loss'>, a: Rows): void {
  meanOverRows({ ...more, loss }, a, row => {
    const total = sumOver(a.units, u => probs[row + u]!);
    return sumOver(a.units, u => -labels[row + u]! * Math.log(clip(probs[row + u]! / total)));
  });
}

/** With q = p / total and g = -y / q where the clip lets it through: dProbs[u] = (g[u] - sum over v of g[v] * q[v]) / total / rows */
export function categoricalCrossentropyProbsBackward({ probs, labels, dProbs, ...more }: RowTensors<'probs' | 'dProbs'>, a: Rows): void {
  gradientOverRows({ ...more, gradient: dProbs }, a, (row, u) => {
    const total = sumOver(a.units, v => probs[row + v]!);
    const g = (v: number): number => {
      const q = probs[row + v]! / total;
      return q === clip(q) ? -labels[row + v]! / q : 0;
    };
    return (g(u) - sumOver(a.units, v => (g(v) * probs[row + v]!) / total)) / total;
  });
}

/** A row's loss: log of the sum of q - sum over units of y * log(q), q = clip(p) */
export function sparseCategoricalCrossentropyProbsForward({ probs, labels, loss, ...more }: RowTensors<'probs' | 'loss'>, a: Rows): void {
  meanOverRows({ ...more, loss }, a, row => {
    const total = sumOver(a.units, u => clip(probs[row + u]!));
    return Math.log(total) - sumOver(a.units, u => labels[row + u]! * Math.log(clip(probs[row + u]!)));
  });
}

/** dProbs = (1 / sum of q - y / q) / rows where the clip lets it through, else 0 */
export function sparseCategoricalCrossentropyProbsBackward(
  { probs, labels, dProbs, ...more }: RowTensors<'probs' | 'dProbs'>,
  a: Rows,
): void {
  gradientOverRows({ ...more, gradient: dProbs }, a, (row, u) => {
    const p = probs[row + u]!;
    if (p !== clip(p)) return 0;
    return 1 / sumOver(a.units, v => clip(probs[row + v]!)) - labels[row + u]! / p;
  });
}
