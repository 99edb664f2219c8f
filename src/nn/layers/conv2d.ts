import { dilatedWindow2d, type Padding } from '../../engine/shape.js';
import { conv2d as conv2dOp } from '../../ops/conv2d.js';
import { ACTIVATION_NAMES, type Activation } from '../activations.js';
import { glorot, zeros } from '../initializers.js';
import { defaulted, fields, flag, optional } from '../json.js';
import { constant, type Factor, factor, makeTerms, type Place, pixelLabel, position, type Term, type Terms, term } from '../terms.js';
import {
  asPair,
  checkChoice,
  checkPositive,
  type InspectedNumbers,
  Layer,
  type LayerOptions,
  type LayerRecord,
  PADDINGS,
  readActivation,
  readPadding,
  readPair,
  readSize,
  type Size2d,
} from './layer.js';
import type { WeightOptions } from './weight_options.js';
import { under, windowAt, windowsOver } from './window_terms.js';

interface Config {
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly activation: Activation;
  /** Default true. */
  readonly useBias?: boolean | undefined;
  /** Default [1, 1]. */
  readonly dilationRate?: readonly [number, number] | undefined;
}

type Numbers = InspectedNumbers<Config>;

const hasBias = ({ config: { useBias = true } }: Numbers): boolean => useBias;

/** Row and column of the input under the place (i, j) of a window, in formulas. */
function seenFrom({ window }: Numbers): string {
  const { dilationHeight, dilationWidth } = window!;
  const [i, j] = dilationHeight > 1 || dilationWidth > 1 ? ['i · dilation', 'j · dilation'] : ['i', 'j'];
  return `y · stride + ${i} − pad, x · stride + ${j} − pad`;
}

/** output[n, y, x, f] = bias[f] + the window's pixels times the filter's kernel */
function outputTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [, , filters] = layer.outputShape as [number, number, number];
  const [n, y, x, f] = position(place.index, [a.outputHeight, a.outputWidth, filters]);
  const terms: Term[] = [];
  for (const { i, j, row, column, isPadding } of windowAt(a, y, x)) {
    for (let c = 0; c < a.channels; c++) {
      const weight = factor(layer, layer.own('kernel'), ((i * a.kernelWidth + j) * a.channels + c) * filters + f);
      const pixel = isPadding ? constant(0) : factor(layer, layer.input, ((n * a.height + row) * a.width + column) * a.channels + c);
      terms.push(term(pixelLabel(layer, n, row, column, `channel ${c}`), pixel, weight, isPadding ? { isPadding } : {}));
    }
  }
  const outside = terms.filter(({ isPadding }) => isPadding).length;
  return makeTerms(layer, place, terms, {
    formula: `output[y, x, f] = ${hasBias(layer) ? 'bias[f] + ' : ''}Σ over i, j, c of input[${seenFrom(layer)}, c] · kernel[i, j, c, f]`,
    ...(hasBias(layer) && { bias: factor(layer, layer.own('bias'), f) }),
    note: outside > 0 ? `${outside} of ${terms.length} places lie in the padding around the picture and count as 0.` : '',
  });
}

/** dInput[y, x, c] = Σ over the windows that cover it and their filters of dOutput · kernel */
function inputTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [, , filters] = layer.outputShape as [number, number, number];
  const [n, row, column, c] = position(place.index, [a.height, a.width, a.channels]);
  const terms: Term[] = [];
  for (const { y, x, i, j } of windowsOver(a, row, column)) {
    for (let f = 0; f < filters; f++) {
      const dOutput = factor(layer, `${layer.linear}/gradient`, ((n * a.outputHeight + y) * a.outputWidth + x) * filters + f);
      const weight = factor(layer, layer.own('kernel'), ((i * a.kernelWidth + j) * a.channels + c) * filters + f);
      terms.push(term(pixelLabel(layer, n, y, x, `filter ${f}`), dOutput, weight));
    }
  }
  return makeTerms(layer, place, terms, {
    formula: 'dInput[row, column, c] = Σ over the windows (y, x) with it at (i, j), and f, of dOutput[y, x, f] · kernel[i, j, c, f]',
    note: terms.length === 0 ? 'No window covers it.' : '',
  });
}

/** What each position sends back to a filter's weight: its dOutput times what `leftOf` says of the picture, row and column. */
function everyPosition(layer: Numbers, f: number, leftOf: (n: number, y: number, x: number) => Factor & Pick<Term, 'isPadding'>): Term[] {
  const { outputHeight, outputWidth } = layer.window!;
  const [, , filters] = layer.outputShape as [number, number, number];
  const terms: Term[] = [];
  for (let n = 0; n < layer.rows; n++) {
    for (let y = 0; y < outputHeight; y++) {
      for (let x = 0; x < outputWidth; x++) {
        const from = ((n * outputHeight + y) * outputWidth + x) * filters + f;
        const { isPadding, ...left } = leftOf(n, y, x);
        const dOutput = factor(layer, `${layer.linear}/gradient`, from);
        terms.push(term(pixelLabel(layer, n, y, x, `filter ${f}`), left, dOutput, isPadding ? { isPadding } : {}));
      }
    }
  }
  return terms;
}

const SHARED = 'One weight serves every position: all of them send back what they want of it.';

/** dKernel[i, j, c, f] = Σ over pictures and positions of input · dOutput */
function kernelTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [, , filters] = layer.outputShape as [number, number, number];
  const [, i, j, c] = position(Math.floor(place.index / filters), [a.kernelHeight, a.kernelWidth, a.channels]);
  const terms = everyPosition(layer, place.index % filters, (n, y, x) => {
    const { row, column, isPadding } = under(a, [y, x], [i, j]);
    return isPadding
      ? { ...constant(0), isPadding }
      : factor(layer, layer.input, ((n * a.height + row) * a.width + column) * a.channels + c);
  });
  const formula = `dKernel[i, j, c, f] = Σ over pictures, y, x of input[${seenFrom(layer)}, c] · dOutput[y, x, f]`;
  return makeTerms(layer, place, terms, { formula, note: SHARED });
}

/** dBias[f] = Σ over pictures and positions of dOutput */
function biasTerms(layer: Numbers, place: Place): Terms {
  const terms = everyPosition(layer, place.index, () => constant(1));
  return makeTerms(layer, place, terms, { formula: 'dBias[f] = Σ over pictures, y, x of dOutput[y, x, f]', note: SHARED });
}

export const conv2dRecord: LayerRecord<Config> = {
  kind: 'conv2d',
  className: 'Conv2D',
  config: fields<Config>({
    filters: readSize,
    kernelSize: readPair,
    strides: defaulted(readPair, [1, 1]),
    padding: defaulted(readPadding, 'valid'),
    activation: defaulted(readActivation, 'linear'),
    useBias: optional(flag),
    dilationRate: optional(readPair),
  }),
  keras: { fixed: { data_format: 'channels_last', groups: 1 } },
  weights: ({ filters, kernelSize, useBias = true }, input) => [
    { name: 'kernel', shape: [...kernelSize, input[2]!, filters], init: glorot },
    ...(useBias ? [{ name: 'bias', shape: [filters], init: zeros }] : []),
  ],
  outputShape(config, input) {
    const { outputHeight, outputWidth } = this.window!(config, [1, ...input]);
    return [outputHeight, outputWidth, config.filters];
  },
  window: ({ kernelSize, strides, padding, dilationRate }, input) =>
    dilatedWindow2d('conv2d', input, { kernel: kernelSize, strides, padding, dilation: dilationRate }),
  call: ({ strides, padding, dilationRate }, input, { weights: { kernel, bias } }) => ({
    output: conv2dOp(input, kernel!, bias, { strides, padding, dilation: dilationRate }),
  }),
  describe: ({ filters, kernelSize, padding, activation }) => `${filters} filters of ${kernelSize.join('×')}, ${padding}, ${activation}`,
  terms: { output: outputTerms, inputGradient: inputTerms, weightGradients: { kernel: kernelTerms, bias: biasTerms } },
};

export interface Conv2dOptions extends LayerOptions, WeightOptions<'kernel' | 'bias'> {
  readonly strides?: Size2d;
  readonly padding?: Padding;
  readonly activation?: Activation;
  readonly useBias?: boolean;
  /** How far apart the places of a window lie. Not with strides over 1. */
  readonly dilationRate?: Size2d;
}

/** A bank of `filters` windows of kernelSize over [height, width, channels]; weights kernel [height, width, channels, filters] and bias [filters]. */
export function conv2d(filters: number, kernelSize: Size2d, options: Conv2dOptions = {}): Layer {
  const { strides = 1, padding = 'valid', activation = 'linear', useBias = true, dilationRate = 1 } = options;
  checkPositive('conv2d', 'filters', filters);
  checkChoice('conv2d', 'activation', activation, ACTIVATION_NAMES);
  checkChoice('conv2d', 'padding', padding, PADDINGS);
  const dilation = asPair(dilationRate);
  const config = { filters, kernelSize: asPair(kernelSize), strides: asPair(strides), padding, activation };
  // What is as ever is left out, so that such checkpoints are the bytes that they were before there was a choice.
  const chosen = { ...(!useBias && { useBias }), ...(Math.max(...dilation) > 1 && { dilationRate: dilation }) };
  return Layer.of(conv2dRecord, { ...config, ...chosen }, options);
}
