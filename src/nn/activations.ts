import type { Tensor } from '../engine/tensor.js';
import { relu } from '../ops/relu.js';
import { sigmoid } from '../ops/sigmoid.js';
import { softmax } from '../ops/softmax.js';
import { tanh } from '../ops/tanh.js';
import {
  constant,
  dataOf,
  factor,
  type LayerNumbers,
  makeTerms,
  type Place,
  sameGradientTerms,
  sameTerms,
  type Terms,
  term,
} from './terms.js';

/** An activation function: what a layer makes of what it computed. */
interface ActivationRecord {
  apply(input: Tensor): Tensor;
  /** Whether it makes probabilities, so that a loss may be computed from the logits before it. */
  readonly hasLogits?: true;
  /** Whether a unit whose output is 0 for every picture gets no gradient, and so stays as it is. */
  readonly mayDie?: true;
  /** How a number of the layer's output came about of what the function was computed from, `layer.linear`. */
  terms(layer: LayerNumbers, place: Place): Terms;
  /** How the gradient of a number of `layer.linear` came about of the output's. */
  gradientTerms(layer: LayerNumbers, place: Place): Terms;
}

/** output = input */
const linear: ActivationRecord = { apply: input => input, terms: sameTerms, gradientTerms: sameGradientTerms };

/** output = max(input, 0) */
const reluRecord: ActivationRecord = {
  apply: relu,
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

/** The gradient of a function of one number whose slope is told by its output. */
function slopeTerms(layer: LayerNumbers, place: Place, formula: string, slopeOf: (output: number) => number): Terms {
  const { value, at } = factor(layer, layer.output, place.index);
  const slope = { value: slopeOf(value), at: at! };
  return makeTerms(layer, place, [term('output', factor(layer, `${layer.output}/gradient`, place.index), slope)], { formula });
}

/** output = 1 / (1 + exp(-input)) */
const sigmoidRecord: ActivationRecord = {
  apply: sigmoid,
  hasLogits: true,
  terms(layer, place) {
    const { value } = factor(layer, layer.linear, place.index);
    // exp(0) / (exp(0) + exp(-input)): a softmax over the input and 0, with its exponents lowered by the larger so that none overflows.
    const highest = Math.max(0, -value);
    const terms = [
      term('exp(0)', constant(Math.exp(-highest)), constant(1), { isChosen: true }),
      term('exp(−input)', constant(Math.exp(-value - highest)), constant(1)),
    ];
    return makeTerms(layer, place, terms, { formula: 'output = 1 / (1 + exp(−input))', combine: 'share' });
  },
  gradientTerms: (layer, place) => slopeTerms(layer, place, 'dInput = dOutput · output · (1 − output)', output => output * (1 - output)),
};

/** output = tanh(input) */
const tanhRecord: ActivationRecord = {
  apply: tanh,
  terms(layer, place) {
    const { value, at } = factor(layer, layer.linear, place.index);
    const highest = Math.abs(value);
    const [up, down] = [Math.exp(value - highest), Math.exp(-value - highest)];
    const terms = [
      term('exp(input)', { value: up, at: at! }, constant(1 / (up + down))),
      term('− exp(−input)', { value: down, at: at! }, constant(-1 / (up + down))),
    ];
    return makeTerms(layer, place, terms, {
      formula: 'output = (exp(input) − exp(−input)) / (exp(input) + exp(−input))',
      note: 'Both exponents are lowered by the larger of them first: the quotient stays, and no exponential overflows.',
    });
  },
  gradientTerms: (layer, place) => slopeTerms(layer, place, 'dInput = dOutput · (1 − output²)', output => 1 - output * output),
};

/** output[u] = exp(input[u]) / Σ exp(input), row by row */
const softmaxRecord: ActivationRecord = {
  apply: softmax,
  hasLogits: true,
  terms(layer, place) {
    const [units] = layer.outputShape as [number];
    const row = place.index - (place.index % units);
    const logits = Array.from({ length: units }, (_, u) => factor(layer, layer.linear, row + u));
    const highest = Math.max(...logits.map(({ value }) => value));
    const terms = logits.map(({ value, at }, u) =>
      term(
        `exp(logit ${u} − ${highest.toPrecision(4)})`,
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
    const [units] = layer.outputShape as [number];
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

const RECORDS = { linear, relu: reluRecord, sigmoid: sigmoidRecord, softmax: softmaxRecord, tanh: tanhRecord } satisfies Record<
  string,
  ActivationRecord
>;

export type Activation = keyof typeof RECORDS;

/** All that is known of an activation function, by its name. */
export const ACTIVATIONS: Readonly<Record<Activation, ActivationRecord>> = RECORDS;

export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as Activation[];
