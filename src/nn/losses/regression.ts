import { absoluteError, squaredError } from '../../ops/regression.js';
import { constant, term } from '../terms.js';
import type { LossRecord } from './loss.js';

export const meanSquaredError: LossRecord = {
  isMean: true,
  forms: {
    output: {
      trace: squaredError.apply,
      formula: 'mean of (p − y)²',
      unitLosses: ({ values, labels }) => values.map((p, u) => (p - labels[u]!) ** 2),
      gradientFormula: 'dOutput[u] = 2 (p[u] − y[u]) / units / pictures',
      gradientTerms({ values, input, label, share }) {
        const scale = (2 * share) / values.length;
        return [term('output', input, constant(scale)), term('− label', label, constant(-scale))];
      },
    },
  },
};

export const meanAbsoluteError: LossRecord = {
  isMean: true,
  forms: {
    output: {
      trace: absoluteError.apply,
      formula: 'mean of |p − y|',
      unitLosses: ({ values, labels }) => values.map((p, u) => Math.abs(p - labels[u]!)),
      gradientFormula: 'dOutput[u] = sign(p[u] − y[u]) / units / pictures',
      gradientTerms({ values, input, label, share }) {
        const sign = { ...input, value: Math.sign(input.value - label.value) };
        return [term('sign(output − label)', sign, constant(share / values.length))];
      },
    },
  },
};
