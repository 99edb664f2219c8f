import type { ResolvedLoss } from '../nn/losses.js';
import { constant, factor, makeTerms, term } from './terms.js';
import type { Inspection, Term, Terms } from './types.js';

/** Keras' epsilon, and 1 - epsilon as float32 has it. */
const EPSILON = Math.fround(1e-7);
const ONE_LESS = Math.fround(1 - 1e-7);

const clip = (p: number): number => Math.min(Math.max(p, EPSILON), ONE_LESS);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Numbers of a picture that its loss is computed from, and its labels. */
interface Row {
  readonly values: readonly number[];
  readonly labels: readonly number[];
}

/** log of Σ exp(z), with the largest taken out so that nothing overflows. */
function logSumExp(values: readonly number[]): number {
  const highest = Math.max(...values);
  return highest + Math.log(sumOf(values.map(z => Math.exp(z - highest))));
}

/** What each unit adds to a picture's loss: the loss is their mean (binary) or sum (categorical). Formulas: src/ops/crossentropy.ts. */
function unitLosses({ name, from }: ResolvedLoss, { values, labels }: Row): number[] {
  if (name === 'binaryCrossentropy') {
    return values.map((value, u) => {
      const y = labels[u]!;
      if (from === 'logits') return Math.max(value, 0) - value * y + Math.log1p(Math.exp(-Math.abs(value)));
      const q = clip(value);
      return -(y * Math.log(q + EPSILON) + (1 - y) * Math.log(1 - q + EPSILON));
    });
  }
  if (from === 'logits') {
    const logSum = logSumExp(values);
    return values.map((z, u) => labels[u]! * (logSum - z));
  }
  const total = sumOf(values);
  return values.map((p, u) => -labels[u]! * Math.log(clip(p / total)));
}

/** A picture's loss from its logits or probabilities, whichever the loss is computed from, in float64. */
export function pictureLoss(loss: ResolvedLoss, values: readonly number[], labels: readonly number[]): number {
  const losses = sumOf(unitLosses(loss, { values, labels }));
  return loss.name === 'binaryCrossentropy' ? losses / values.length : losses;
}

const FORMULAS: Readonly<Record<ResolvedLoss['name'], Readonly<Record<ResolvedLoss['from'], readonly [loss: string, gradient: string]>>>> =
  {
    binaryCrossentropy: {
      logits: ['mean of max(z, 0) − z · y + log(1 + exp(−|z|))', 'dLogits[u] = (sigmoid(z[u]) − y[u]) / units / pictures'],
      probs: [
        'mean of −(y · log(p + ε) + (1 − y) · log(1 − p + ε))',
        'dProbs[u] = ((1 − y) / (1 − p + ε) − y / (p + ε)) / units / pictures',
      ],
    },
    categoricalCrossentropy: {
      logits: ['mean over pictures of −Σ y · log(softmax(z))', 'dLogits[u] = (softmax(z)[u] · Σ y − y[u]) / pictures'],
      probs: ['mean over pictures of −Σ y · log(p / Σ p)', 'dProbs[u] = (Σ over v of −y[v] / q[v] · (1 if u = v − q[v])) / Σ p / pictures'],
    },
  };

/** Which tensor the loss is computed from. */
export const lossInput = ({ loss }: Inspection): 'logits' | 'probabilities' => (loss.from === 'logits' ? 'logits' : 'probabilities');

function rowOf(inspection: Inspection, n: number): Row {
  const { data, shape } = inspection.tensors[lossInput(inspection)]!;
  const units = shape[1]!;
  const part = (of: Float32Array | Uint32Array): number[] => [...of.subarray(n * units, (n + 1) * units)];
  return { values: part(data), labels: part(inspection.tensors.labels!.data) };
}

/** How the loss came about: the share of each picture and unit. */
export function lossTerms(inspection: Inspection): Terms {
  const { loss, rows } = inspection;
  const terms: Term[] = [];
  for (let n = 0; n < rows; n++) {
    const row = rowOf(inspection, n);
    const share = constant(1 / rows / (loss.name === 'binaryCrossentropy' ? row.values.length : 1));
    unitLosses(loss, row).forEach((value, u) => {
      const at = { tensor: lossInput(inspection), index: n * row.values.length + u };
      terms.push(term(`${rows > 1 ? `picture ${n}, ` : ''}unit ${u}, label ${row.labels[u]}`, { value, at }, share));
    });
  }
  return makeTerms(inspection, { tensor: 'loss', index: 0 }, terms, { formula: FORMULAS[loss.name][loss.from][0] });
}

/** How the loss' gradient arrives at a number that it is computed from. */
export function lossGradientTerms(inspection: Inspection, tensor: string, index: number): Terms {
  const { loss, rows } = inspection;
  const n = Math.floor(index / inspection.tensors.labels!.shape[1]!);
  const { values, labels } = rowOf(inspection, n);
  if (n >= rows) {
    const note = 'A row beyond the pictures of this batch: it counts for nothing.';
    return makeTerms(inspection, { tensor: `${tensor}/gradient`, index }, [], { formula: FORMULAS[loss.name][loss.from][1], note });
  }
  const u = index % values.length;
  const label = { ...constant(labels[u]!), at: { tensor: 'labels', index } };
  const terms: Term[] = [];
  if (loss.name === 'binaryCrossentropy' && loss.from === 'logits') {
    const scale = 1 / values.length / rows;
    const z = factor(inspection, 'logits', index);
    terms.push(term('sigmoid(z)', { ...z, value: sigmoid(z.value) }, constant(scale)), term('− label', label, constant(-scale)));
  } else if (loss.name === 'binaryCrossentropy') {
    const p = values[u]!;
    const passes = p === clip(p);
    const scale = passes ? 1 / values.length / rows : 0;
    terms.push(
      term('no: 1 − label', constant(1 - label.value), constant(scale / (1 - p + EPSILON))),
      term('yes: label', label, constant(-scale / (p + EPSILON))),
    );
  } else if (loss.from === 'logits') {
    const share = Math.exp(values[u]! - logSumExp(values));
    terms.push(
      term('softmax(z)', { value: share, at: { tensor: 'logits', index } }, constant(sumOf(labels) / rows)),
      term('− label', label, constant(-1 / rows)),
    );
  } else {
    const total = sumOf(values);
    values.forEach((p, v) => {
      const q = p / total;
      const slope = q === clip(q) ? -labels[v]! / q : 0;
      terms.push(term(`unit ${v}`, constant(slope), constant(((u === v ? 1 : 0) - q) / total / rows)));
    });
  }
  return makeTerms(inspection, { tensor: `${tensor}/gradient`, index }, terms, {
    formula: FORMULAS[loss.name][loss.from][1],
    note: loss.from === 'logits' ? 'The gradient starts at the logits: softmax or sigmoid and loss are differentiated as one.' : '',
  });
}
