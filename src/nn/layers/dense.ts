import { checkRank } from '../../engine/shape.js';
import { dense as denseOp } from '../../ops/dense.js';
import { ACTIVATION_NAMES, type Activation } from '../activations.js';
import { glorot, zeros } from '../initializers.js';
import { defaulted, fields, flag, optional } from '../json.js';
import { constant, dataOf, factor, makeTerms, type Place, type Term, type Terms, term } from '../terms.js';
import {
  checkChoice,
  checkPositive,
  type InspectedNumbers,
  Layer,
  type LayerOptions,
  type LayerRecord,
  readActivation,
  readSize,
} from './layer.js';
import type { WeightOptions } from './weight_options.js';

interface Config {
  readonly units: number;
  readonly activation: Activation;
  /** Default true. */
  readonly useBias?: boolean | undefined;
}

type Numbers = InspectedNumbers<Config>;

/** What the terms of a dense layer's number have in common: its tensors, and where its input row and its kernel column lie in them. */
interface DenseTensors {
  readonly input: string;
  readonly kernel: string;
  readonly row: number;
  readonly unit: number;
  readonly units: number;
}

/** Feature k times its weight. There may be hundreds of thousands, of which few are shown: what only those need is made when it is asked for. */
class FeatureTerm implements Term {
  readonly left: number;
  readonly right: number;
  readonly product: number;
  readonly #k: number;
  readonly #in: DenseTensors;

  constructor(k: number, left: number, right: number, within: DenseTensors) {
    this.#k = k;
    this.left = left;
    this.right = right;
    this.product = left * right;
    this.#in = within;
  }

  get label(): string {
    return `feature ${this.#k}`;
  }

  get leftAt(): Place {
    return { tensor: this.#in.input, index: this.#in.row + this.#k };
  }

  get rightAt(): Place {
    return { tensor: this.#in.kernel, index: this.#k * this.#in.units + this.#in.unit };
  }

  toJSON(): Term {
    const { label, left, right, product, leftAt, rightAt } = this;
    return { label, left, right, product, leftAt, rightAt };
  }
}

/** output[n, u] = bias[u] + Σ over k of input[n, k] · kernel[k, u] */
function outputTerms(layer: Numbers, place: Place): Terms {
  const [features] = layer.inputShape as [number];
  const [units] = layer.outputShape as [number];
  const [n, u] = [Math.floor(place.index / units), place.index % units];
  const within = { input: layer.input, kernel: layer.own('kernel'), row: n * features, unit: u, units };
  const [input, kernel] = [dataOf(layer, within.input), dataOf(layer, within.kernel)];
  const terms = Array.from({ length: features }, (_, k) => new FeatureTerm(k, input[n * features + k]!, kernel[k * units + u]!, within));
  const { useBias = true } = layer.config;
  const silent = terms.filter(({ left }) => left === 0).length;
  return makeTerms(layer, place, terms, {
    formula: `output[u] = ${useBias ? 'bias[u] + ' : ''}Σ over k of input[k] · kernel[k, u]`,
    ...(useBias && { bias: factor(layer, layer.own('bias'), u) }),
    note: silent > 0 ? `${silent} of ${features} features are 0 and add nothing.` : '',
  });
}

/** dInput[k] = Σ over u of dOutput[u] · kernel[k, u] */
function inputTerms(layer: Numbers, place: Place): Terms {
  const [features] = layer.inputShape as [number];
  const [units] = layer.outputShape as [number];
  const [n, k] = [Math.floor(place.index / features), place.index % features];
  const terms = Array.from({ length: units }, (_, u) =>
    term(`unit ${u}`, factor(layer, `${layer.linear}/gradient`, n * units + u), factor(layer, layer.own('kernel'), k * units + u)),
  );
  return makeTerms(layer, place, terms, { formula: 'dInput[k] = Σ over u of dOutput[u] · kernel[k, u]' });
}

/** dKernel[k, u] = Σ over pictures of input[k] · dOutput[u] */
function kernelTerms(layer: Numbers, place: Place): Terms {
  const [features] = layer.inputShape as [number];
  const [units] = layer.outputShape as [number];
  const [k, u] = [Math.floor(place.index / units), place.index % units];
  const terms = Array.from({ length: layer.rows }, (_, n) =>
    term(`picture ${n}`, factor(layer, layer.input, n * features + k), factor(layer, `${layer.linear}/gradient`, n * units + u)),
  );
  return makeTerms(layer, place, terms, { formula: 'dKernel[k, u] = Σ over pictures of input[k] · dOutput[u]' });
}

/** dBias[u] = Σ over pictures of dOutput[u] */
function biasTerms(layer: Numbers, place: Place): Terms {
  const [units] = layer.outputShape as [number];
  const terms = Array.from({ length: layer.rows }, (_, n) =>
    term(`picture ${n}`, constant(1), factor(layer, `${layer.linear}/gradient`, n * units + place.index)),
  );
  return makeTerms(layer, place, terms, { formula: 'dBias[u] = Σ over pictures of dOutput[u]' });
}

export const denseRecord: LayerRecord<Config> = {
  kind: 'dense',
  className: 'Dense',
  config: fields<Config>({ units: readSize, activation: defaulted(readActivation, 'linear'), useBias: optional(flag) }),
  weights({ units, useBias = true }, input) {
    checkRank('dense', 'input (without the batch; use flatten() before it)', input, 1);
    return [
      { name: 'kernel', shape: [input[0]!, units], init: glorot },
      ...(useBias ? [{ name: 'bias', shape: [units], init: zeros }] : []),
    ];
  },
  outputShape: ({ units }) => [units],
  call: (_, input, { weights: { kernel, bias } }) => ({ output: denseOp(input, kernel!, bias) }),
  describe: ({ units, activation }) => `${units} units, ${activation}`,
  terms: { output: outputTerms, inputGradient: inputTerms, weightGradients: { kernel: kernelTerms, bias: biasTerms } },
};

/** A fully connected layer: [features] -> [units]; weights kernel [features, units] and bias [units]. */
export function dense(
  units: number,
  options: LayerOptions & WeightOptions<'kernel' | 'bias'> & { readonly activation?: Activation; readonly useBias?: boolean } = {},
): Layer {
  const { activation = 'linear', useBias = true } = options;
  checkPositive('dense', 'units', units);
  checkChoice('dense', 'activation', activation, ACTIVATION_NAMES);
  return Layer.of(denseRecord, { units, activation, ...(!useBias && { useBias }) }, options);
}
