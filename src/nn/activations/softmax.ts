import { softmax as softmaxOp } from '../../ops/softmax.js';
import { constant, dataOf, factor, makeTerms, term } from '../terms.js';
import type { ActivationRecord } from './record.js';

/** output[u] = exp(input[u]) / Σ exp(input), row by row: along the last axis */
export const softmax: ActivationRecord = {
  apply: softmaxOp,
  hasLogits: true,
  terms(layer, place) {
    const units = layer.outputShape.at(-1)!;
    const row = place.index - (place.index % units);
    const logits = Array.from({ length: units }, (_, u) => factor(layer, layer.linear, row + u));
    const highest = Math.max(...logits.map(({ value }) => value));
    const terms = logits.map(({ value, at }, u) =>
      term(
        `exp(logit ${u} ${highest < 0 ? '+' : '−'} ${Math.abs(highest).toPrecision(4)})`,
        { value: Math.exp(value - highest), at: at! },
        constant(1),
        row + u === place.index ? { isChosen: true } : {},
      ),
    );
    return makeTerms(layer, place, terms, {
      formula: 'output[u] = exp(input[u]) / Σ over v of exp(input[v])',
      combine: 'share',
      note: 'The largest logit is taken from each first: the quotient stays, and no exponential overflows.',
    });
  },
  gradientTerms(layer, place) {
    const { index: at } = place;
    const outputs = dataOf(layer, layer.output);
    const units = layer.outputShape.at(-1)!;
    const row = at - (at % units);
    const terms = Array.from({ length: units }, (_, v) => {
      const slope = outputs[at]! * ((row + v === at ? 1 : 0) - outputs[row + v]!);
      return term(`unit ${v}`, factor(layer, `${layer.output}/gradient`, row + v), {
        value: slope,
        at: { tensor: layer.output, index: row + v },
      });
    });
    return makeTerms(layer, place, terms, { formula: 'dInput[u] = Σ over v of dOutput[v] · output[u] · ((1 if u = v) − output[v])' });
  },
};
