import { type ClippedRelu, clippedRelu as clippedReluOp } from '../../ops/clipped_relu.js';
import { relu as reluOp } from '../../ops/relu.js';
import { type ScaledElu, scaledElu as scaledEluOp } from '../../ops/scaled_elu.js';
import { constant, dataOf, factor, makeTerms, term } from '../terms.js';
import { type ActivationRecord, computed, termsOf } from './record.js';

/** output = max(input, 0) */
export const relu: ActivationRecord = {
  apply: reluOp,
  mayDie: true,
  terms(layer, place) {
    const input = factor(layer, layer.linear, place.index);
    const isOff = input.value <= 0;
    const terms = [
      term('input', input, constant(1), isOff ? {} : { isChosen: true }),
      term('zero', constant(0), constant(1), isOff ? { isChosen: true } : {}),
    ];
    const note = isOff ? 'The input is not positive: nothing passes, and no gradient comes back.' : '';
    return makeTerms(layer, place, terms, { formula: 'output = max(input, 0)', combine: 'max', note });
  },
  gradientTerms(layer, place) {
    const isOpen = dataOf(layer, layer.output)[place.index]! > 0;
    const dOutput = factor(layer, `${layer.output}/gradient`, place.index);
    const terms = [term('output', dOutput, constant(isOpen ? 1 : 0), isOpen ? { isChosen: true } : {})];
    const note = isOpen ? 'The gate is open: the output is positive.' : 'The gate is shut: the output is 0, so nothing comes back.';
    return makeTerms(layer, place, terms, { formula: 'dInput = dOutput where output > 0, else 0', note });
  },
};

/** The largest float32: what nothing is cut at. */
const UNBOUNDED = 3.4028234663852886e38;

/** Keras' settings of a ReLU: what is at most `maxValue` (null: no bound), and `slope` below the threshold. */
export interface ReluSettings {
  readonly maxValue?: number | null;
  readonly negativeSlope?: number;
  readonly threshold?: number;
}

/**
 * What Keras makes of a ReLU's settings: the plain one where they say nothing else. Its slopes at the kinks are TensorFlow's, which has a function each for
 * the leaky ReLU alone, for the bound 6 and for others. Source: tf_keras/src/backend.py, relu(); keras/src/activations/activations.py, ReLU
 */
export function reluOf({ maxValue = null, negativeSlope = 0, threshold = 0 }: ReluSettings): ActivationRecord {
  if (maxValue === null && negativeSlope === 0 && threshold === 0) return relu;
  const attrs: ClippedRelu = {
    slope: negativeSlope,
    threshold,
    most: maxValue ?? UNBOUNDED,
    slopeAtThreshold: maxValue === null && threshold === 0 ? negativeSlope : 0,
    slopeAtMost: maxValue === 6 && threshold === 0 ? 0 : 1,
  };
  return clippedRelu(attrs);
}

/** output = min(input, most) where input > threshold, else slope · (input − threshold) */
function clippedRelu(attrs: ClippedRelu): ActivationRecord {
  const { slope, threshold, most, slopeAtThreshold, slopeAtMost } = attrs;
  return {
    apply: input => clippedReluOp(input, attrs),
    ...(slope === 0 && { mayDie: true }),
    ...termsOf({
      formula: 'output = min(input, max_value) where input > threshold, else negative_slope · (input − threshold)',
      terms(input) {
        if (input.value > most) return [term('max_value', constant(most), constant(1))];
        if (input.value > threshold) return [term('input', input, constant(1))];
        return [term('input', input, constant(slope)), term('− threshold', constant(threshold), constant(-slope))];
      },
      gradientFormula: 'dInput = dOutput · (1 where threshold < input < max_value, negative_slope below, 0 beyond)',
      slopeFrom: 'input',
      slope(x) {
        if (x > threshold) return x < most ? 1 : x === most ? slopeAtMost : 0;
        return x === threshold ? slopeAtThreshold : slope;
      },
    }),
  };
}

/** The leaky ReLU: as a function Keras' slope is 0.2, as a layer 0.3. */
export const leakyRelu = reluOf({ negativeSlope: 0.2 });

/** output = scale · (input where input > 0, else alpha · (exp(input) − 1)) */
function scaledElu(attrs: ScaledElu): ActivationRecord {
  const { alpha, scale, slopeAtZero } = attrs;
  const [times, before] = scale === 1 ? ['', ''] : ['scale · ', ' · scale'];
  return {
    apply: input => scaledEluOp(input, attrs),
    ...termsOf({
      formula: `output = ${times}(input where input > 0, else alpha · (exp(input) − 1))`,
      terms(input) {
        if (input.value > 0) return [term('input', input, constant(scale))];
        return [
          term('exp(input)', computed(input, Math.exp(input.value)), constant(scale * alpha)),
          term('− 1', constant(-1), constant(scale * alpha)),
        ];
      },
      gradientFormula: `dInput = dOutput · (${scale === 1 ? '1' : 'scale'} where output > 0, output + alpha${before} below)`,
      slopeFrom: 'output',
      slope: output => (output > 0 ? scale : output < 0 ? output + scale * alpha : slopeAtZero),
    }),
  };
}

/** Its slope at 0 is Keras': it multiplies by alpha what is not above 0. Source: tf_keras/src/backend.py, elu() */
export const eluOf = (alpha: number): ActivationRecord => scaledElu({ alpha, scale: 1, slopeAtZero: alpha });

export const elu = eluOf(1);

/** alpha and scale for which numbers of mean 0 and variance 1 keep them. Source: Klambauer et al., https://arxiv.org/abs/1706.02515 */
export const selu = scaledElu({ alpha: 1.6732632423543772, scale: 1.0507009873554805, slopeAtZero: 1.0507009873554805 });
