import { binaryLogits, binaryProbs, categoricalLogits, categoricalProbs, sparseProbs } from '../../ops/crossentropy.js';
import { constant, term } from '../terms.js';
import { type LossForm, type LossRecord, sumOf } from './loss.js';

/** Keras' epsilon, and 1 - epsilon as float32 has it. */
const EPSILON = Math.fround(1e-7);
const ONE_LESS = Math.fround(1 - 1e-7);

const clip = (p: number): number => Math.min(Math.max(p, EPSILON), ONE_LESS);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** log of Σ exp(z), with the largest taken out so that nothing overflows. */
function logSumExp(values: readonly number[]): number {
  const highest = Math.max(...values);
  return highest + Math.log(sumOf(values.map(z => Math.exp(z - highest))));
}

export const binary: LossRecord = {
  isMean: true,
  classes: () => 2,
  forms: {
    logits: {
      trace: binaryLogits.apply,
      formula: 'mean of max(z, 0) − z · y + log(1 + exp(−|z|))',
      unitLosses: ({ values, labels }) => values.map((z, u) => Math.max(z, 0) - z * labels[u]! + Math.log1p(Math.exp(-Math.abs(z)))),
      gradientFormula: 'dLogits[u] = (sigmoid(z[u]) − y[u]) / units / pictures',
      gradientTerms({ values, input, label, share }) {
        const scale = share / values.length;
        return [term('sigmoid(z)', { ...input, value: sigmoid(input.value) }, constant(scale)), term('− label', label, constant(-scale))];
      },
    },
    probs: {
      trace: binaryProbs.apply,
      formula: 'mean of −(y · log(p + ε) + (1 − y) · log(1 − p + ε))',
      unitLosses: ({ values, labels }) =>
        values.map((p, u) => {
          const [y, q] = [labels[u]!, clip(p)];
          return -(y * Math.log(q + EPSILON) + (1 - y) * Math.log(1 - q + EPSILON));
        }),
      gradientFormula: 'dProbs[u] = ((1 − y) / (1 − p + ε) − y / (p + ε)) / units / pictures',
      gradientTerms({ values, input: { value: p }, label, share }) {
        const scale = p === clip(p) ? share / values.length : 0;
        return [
          term('no: 1 − label', constant(1 - label.value), constant(scale / (1 - p + EPSILON))),
          term('yes: label', label, constant(-scale / (p + EPSILON))),
        ];
      },
    },
  },
};

const categoricalFromLogits: LossForm = {
  trace: categoricalLogits.apply,
  formula: 'mean over pictures of −Σ y · log(softmax(z))',
  unitLosses({ values, labels }) {
    const logSum = logSumExp(values);
    return values.map((z, u) => labels[u]! * (logSum - z));
  },
  gradientFormula: 'dLogits[u] = (softmax(z)[u] · Σ y − y[u]) / pictures',
  gradientTerms({ values, labels, input, label, share }) {
    const softmax = Math.exp(input.value - logSumExp(values));
    return [term('softmax(z)', { ...input, value: softmax }, constant(sumOf(labels) * share)), term('− label', label, constant(-share))];
  },
};

export const categorical: LossRecord = {
  isMean: false,
  classes: units => units,
  forms: {
    logits: categoricalFromLogits,
    probs: {
      trace: categoricalProbs.apply,
      formula: 'mean over pictures of −Σ y · log(p / Σ p)',
      unitLosses({ values, labels }) {
        const total = sumOf(values);
        return values.map((p, u) => -labels[u]! * Math.log(clip(p / total)));
      },
      gradientFormula: 'dProbs[u] = (Σ over v of −y[v] / q[v] · (1 if u = v − q[v])) / Σ p / pictures',
      gradientTerms({ values, labels, u, share }) {
        const total = sumOf(values);
        return values.map((p, v) => {
          const q = p / total;
          const slope = q === clip(q) ? -labels[v]! / q : 0;
          return term(`unit ${v}`, constant(slope), constant((((u === v ? 1 : 0) - q) / total) * share));
        });
      },
    },
  },
};

/** Of class numbers; on the device these are one-hot rows, as the categorical one's labels are. */
export const sparse: LossRecord = {
  isMean: false,
  takesClasses: true,
  forms: {
    logits: categoricalFromLogits,
    probs: {
      trace: sparseProbs.apply,
      formula: 'mean over pictures of Σ y · (log(Σ q) − log(q)), q = clip(p, ε, 1 − ε)',
      unitLosses({ values, labels }) {
        const total = Math.log(sumOf(values.map(clip)));
        return values.map((p, u) => labels[u]! * (total - Math.log(clip(p))));
      },
      gradientFormula: 'dProbs[u] = (1 / Σ q − y[u] / q[u]) / pictures',
      gradientTerms({ values, input: { value: p }, label, share }) {
        const scale = p === clip(p) ? share : 0;
        return [term('1 / Σ q', constant(1 / sumOf(values.map(clip))), constant(scale)), term('− label', label, constant(-scale / p))];
      },
    },
  },
};
