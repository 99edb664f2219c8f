import { type Shape, sizeOf } from '../../src/engine/shape.js';
import { ACTIVATION_NAMES, type Activation } from '../../src/nn/activations.js';
import { glorot, zeros } from '../../src/nn/initializers.js';
import { choice, fields, number } from '../../src/nn/json.js';
import { type InspectedNumbers, Layer, type LayerOptions, type LayerRecord } from '../../src/nn/layers/layer.js';
import { registerLayer } from '../../src/nn/layers.js';
import { constant, factor, makeTerms, type Place, type Terms, term } from '../../src/nn/terms.js';
import { add } from '../../src/ops/add.js';
import { biasBackward } from '../../src/ops/bias.js';
import { dense as denseOp } from '../../src/ops/dense.js';
import { multiply } from './multiply.js';

interface Config {
  readonly units: number;
  readonly rate: number;
  readonly activation: Activation;
}

type Numbers = InspectedNumbers<Config>;

const constantly = (value: number) => (shape: Shape) => () => new Float32Array(sizeOf(shape)).fill(value);

const unitsOf = ({ outputShape: [units] }: Numbers): number => units!;

/** output[u] = shift[u] + Σ over k of input[k] · gamma[k, u] */
function outputTerms(layer: Numbers, place: Place): Terms {
  const [features, units] = [layer.inputShape[0]!, unitsOf(layer)];
  const [n, u] = [Math.floor(place.index / units), place.index % units];
  const terms = Array.from({ length: features }, (_, k) =>
    term(`feature ${k}`, factor(layer, layer.input, n * features + k), factor(layer, layer.own('gamma'), k * units + u)),
  );
  return makeTerms(layer, place, terms, { formula: 'output = input · gamma + shift', bias: factor(layer, layer.own('shift'), u) });
}

function inputTerms(layer: Numbers, place: Place): Terms {
  const [features, units] = [layer.inputShape[0]!, unitsOf(layer)];
  const [n, k] = [Math.floor(place.index / features), place.index % features];
  const terms = Array.from({ length: units }, (_, u) =>
    term(`unit ${u}`, factor(layer, `${layer.linear}/gradient`, n * units + u), factor(layer, layer.own('gamma'), k * units + u)),
  );
  return makeTerms(layer, place, terms, { formula: 'dInput = dOutput · gamma' });
}

function gammaTerms(layer: Numbers, place: Place): Terms {
  const [features, units] = [layer.inputShape[0]!, unitsOf(layer)];
  const [k, u] = [Math.floor(place.index / units), place.index % units];
  const terms = Array.from({ length: layer.rows }, (_, n) =>
    term(`picture ${n}`, factor(layer, layer.input, n * features + k), factor(layer, `${layer.linear}/gradient`, n * units + u)),
  );
  return makeTerms(layer, place, terms, { formula: 'dGamma = input · dOutput' });
}

/** shift' = shift + rate · Σ over the batch of the output: it goes to minus the running mean of input · gamma. */
function shiftTerms(layer: Numbers, place: Place): Terms {
  const units = unitsOf(layer);
  const [u, rate] = [place.index, factor(layer, layer.own('rate'), place.index)];
  const before = term('before', factor(layer, layer.own('shift'), u), constant(1));
  const rows = layer.tensors[layer.linear]!.shape[0]!;
  const outputs = Array.from({ length: rows }, (_, n) => term(`picture ${n}`, factor(layer, layer.linear, n * units + u), rate));
  return makeTerms(layer, place, [before, ...outputs], { formula: "shift' = shift + rate · Σ over pictures of output" });
}

export const centeringRecord: LayerRecord<Config> = {
  kind: 'centering',
  className: 'Centering',
  config: fields<Config>({ units: number(), rate: number(), activation: choice(...ACTIVATION_NAMES) }),
  weights: ({ units, rate }, input) => [
    { name: 'gamma', shape: [input[0]!, units], init: glorot },
    { name: 'shift', shape: [units], init: zeros, trainable: false },
    { name: 'rate', shape: [units], init: constantly(-rate), trainable: false },
  ],
  outputShape: ({ units }) => [units],
  call(_, input, { weights: { gamma, shift, rate }, training }) {
    const output = denseOp(input, gamma!, shift!);
    return { output, ...(training && { state: { shift: add(shift!, multiply(biasBackward(output, shift!), rate!)) } }) };
  },
  describe: ({ units }) => `${units} units about their mean`,
  terms: { output: outputTerms, inputGradient: inputTerms, weightGradients: { gamma: gammaTerms }, state: { shift: shiftTerms } },
};

registerLayer(centeringRecord as LayerRecord);

/**
 * A fully connected layer whose outputs are shifted by minus their running mean: for tests, of what the project's own layers do not have. Weights gamma
 * [features, units], which is trained, and shift [units] and rate [units], which are not: training changes shift by itself, and nothing changes rate.
 */
export function centering(units: number, rate: number, options: LayerOptions & { readonly activation?: Activation } = {}): Layer {
  return Layer.of(centeringRecord, { units, rate, activation: options.activation ?? 'linear' }, options);
}
