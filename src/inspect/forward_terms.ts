import { constant, dataOf, factor, inputOf, linearOf, makeTerms, pixelLabel, position, term } from './terms.js';
import type { InspectedLayer, Inspection, Place, Term, Terms } from './types.js';

/** output[n, y, x, f] = bias[f] + the window's pixels times the filter's kernel */
function convTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const a = layer.window!;
  const [, , filters] = layer.outputShape as [number, number, number];
  const [n, y, x, f] = position(place.index, [a.outputHeight, a.outputWidth, filters]);
  const terms: Term[] = [];
  for (let i = 0; i < a.kernelHeight; i++) {
    for (let j = 0; j < a.kernelWidth; j++) {
      const row = y * a.strideHeight + i - a.padTop;
      const column = x * a.strideWidth + j - a.padLeft;
      const isPadding = row < 0 || row >= a.height || column < 0 || column >= a.width;
      for (let c = 0; c < a.channels; c++) {
        const weight = factor(inspection, `layer${layer.index}/kernel`, ((i * a.kernelWidth + j) * a.channels + c) * filters + f);
        const pixel = isPadding
          ? constant(0)
          : factor(inspection, inputOf(layer.index), ((n * a.height + row) * a.width + column) * a.channels + c);
        terms.push(term(pixelLabel(inspection, n, row, column, `channel ${c}`), pixel, weight, isPadding ? { isPadding: true } : {}));
      }
    }
  }
  const outside = terms.filter(({ isPadding }) => isPadding).length;
  return makeTerms(inspection, place, terms, {
    formula: 'output[y, x, f] = bias[f] + Σ over i, j, c of input[y · stride + i − pad, x · stride + j − pad, c] · kernel[i, j, c, f]',
    bias: factor(inspection, `layer${layer.index}/bias`, f),
    note: outside > 0 ? `${outside} of ${terms.length} places lie in the padding around the picture and count as 0.` : '',
  });
}

/** The window's largest value; of equal ones the first. */
function poolTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const a = layer.window!;
  const [n, y, x, c] = position(place.index, [a.outputHeight, a.outputWidth, a.channels]);
  const winner = dataOf(inspection, `layer${layer.index}/argmax`)[place.index]!;
  const terms: Term[] = [];
  for (let i = 0; i < a.kernelHeight; i++) {
    for (let j = 0; j < a.kernelWidth; j++) {
      const row = y * a.strideHeight + i - a.padTop;
      const column = x * a.strideWidth + j - a.padLeft;
      const label = pixelLabel(inspection, n, row, column, `channel ${c}`);
      if (row < 0 || row >= a.height || column < 0 || column >= a.width) {
        terms.push(term(label, constant(0), constant(1), { isPadding: true }));
        continue;
      }
      const pixel = factor(inspection, inputOf(layer.index), ((n * a.height + row) * a.width + column) * a.channels + c);
      terms.push(term(label, pixel, constant(1), i * a.kernelWidth + j === winner ? { isChosen: true } : {}));
    }
  }
  const chosen = terms.find(({ isChosen }) => isChosen)!;
  const ties = terms.filter(({ isPadding, product }) => !isPadding && product === chosen.product).length;
  return makeTerms(inspection, place, terms, {
    formula: 'output[y, x, c] = max over i, j of input[y · stride + i − pad, x · stride + j − pad, c]',
    combine: 'max',
    note: ties > 1 ? `${ties} values are equally large: the first of them wins.` : '',
  });
}

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
function denseTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const [features] = layer.inputShape as [number];
  const [units] = layer.outputShape as [number];
  const [n, u] = [Math.floor(place.index / units), place.index % units];
  const within = { input: inputOf(layer.index), kernel: `layer${layer.index}/kernel`, row: n * features, unit: u, units };
  const [input, kernel] = [dataOf(inspection, within.input), dataOf(inspection, within.kernel)];
  const terms = Array.from({ length: features }, (_, k) => new FeatureTerm(k, input[n * features + k]!, kernel[k * units + u]!, within));
  const silent = terms.filter(({ left }) => left === 0).length;
  return makeTerms(inspection, place, terms, {
    formula: 'output[u] = bias[u] + Σ over k of input[k] · kernel[k, u]',
    bias: factor(inspection, `layer${layer.index}/bias`, u),
    note: silent > 0 ? `${silent} of ${features} features are 0 and add nothing.` : '',
  });
}

/** What an activation function makes of one number; of softmax, of a row. */
function activationTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const from = linearOf(layer);
  const input = factor(inspection, from, place.index);
  if (layer.activation === 'relu') {
    const isOff = input.value <= 0;
    const terms = [
      term('input', input, constant(1), isOff ? {} : { isChosen: true }),
      term('zero', constant(0), constant(1), isOff ? { isChosen: true } : {}),
    ];
    const note = isOff ? 'The input is not positive: nothing passes, and no gradient comes back.' : '';
    return makeTerms(inspection, place, terms, { formula: 'output = max(input, 0)', combine: 'max', note });
  }
  if (layer.activation === 'sigmoid') {
    // exp(0) / (exp(0) + exp(-input)): a softmax over the input and 0, with its exponents lowered by the larger so that none overflows.
    const highest = Math.max(0, -input.value);
    const terms = [
      term('exp(0)', constant(Math.exp(-highest)), constant(1), { isChosen: true }),
      term('exp(−input)', constant(Math.exp(-input.value - highest)), constant(1)),
    ];
    return makeTerms(inspection, place, terms, { formula: 'output = 1 / (1 + exp(−input))', combine: 'share' });
  }
  const [units] = layer.outputShape as [number];
  const row = place.index - (place.index % units);
  const logits = Array.from({ length: units }, (_, u) => factor(inspection, from, row + u));
  const highest = Math.max(...logits.map(({ value }) => value));
  const terms = logits.map(({ value, at }, u) =>
    term(
      `exp(logit ${u} − ${highest.toPrecision(4)})`,
      { value: Math.exp(value - highest), at: at! },
      constant(1),
      row + u === place.index ? { isChosen: true } : {},
    ),
  );
  return makeTerms(inspection, place, terms, {
    formula: 'output[u] = exp(input[u]) / Σ over v of exp(input[v])',
    combine: 'share',
    note: 'The largest logit is taken from each first: the quotient stays, and no exponential overflows.',
  });
}

/** How a layer's activation, or what it was computed from, came about. `part` is 'output', 'pre_activation', 'argmax' or 'mask'. */
export function layerTerms(inspection: Inspection, layer: InspectedLayer, part: string, index: number): Terms {
  const { kind, activation } = layer;
  const place = { tensor: `layer${layer.index}/${part === 'argmax' ? 'output' : part}`, index };
  if (part === 'mask')
    return givenTerms(inspection, place, 'Drawn from the seed, the layer, the step and the place: 0, or 1 / (1 − rate).');
  if (kind === 'max_pooling2d') return poolTerms(inspection, layer, place);
  if (part === 'output' && activation !== 'linear') return activationTerms(inspection, layer, place);
  if (kind === 'conv2d') return convTerms(inspection, layer, place);
  if (kind === 'dense') return denseTerms(inspection, layer, place);
  const input = factor(inspection, inputOf(layer.index), index);
  if (kind === 'dropout' && layer.rate !== undefined) {
    const mask = factor(inspection, `layer${layer.index}/mask`, index);
    const note =
      mask.value === 0 ? 'Dropped in this step.' : `Kept, and scaled by 1 / (1 − ${layer.rate}) so that the expected value stays.`;
    return makeTerms(inspection, place, [term('input', input, mask)], { formula: 'output = input · mask', note });
  }
  const note =
    kind === 'dropout' ? 'Dropout does nothing outside training.' : kind === 'flatten' ? 'The same number under another shape.' : '';
  return makeTerms(inspection, place, [term('input', input, constant(1))], { formula: 'output = input', note });
}

/** A number that nothing in the model computes. */
export function givenTerms(inspection: Inspection, place: Place, note: string): Terms {
  const terms = [term('given', factor(inspection, place.tensor, place.index), constant(1))];
  return makeTerms(inspection, place, terms, { formula: 'given', note });
}
