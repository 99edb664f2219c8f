import { dilatedWindow2d, type Padding } from '../../engine/shape.js';
import { conv2d as conv2dOp } from '../../ops/conv2d.js';
import { ACTIVATION_NAMES, type Activation } from '../activations.js';
import { glorot, zeros } from '../initializers.js';
import { defaulted, fields, flag, optional } from '../json.js';
import type { Place, Terms } from '../terms.js';
import { biasTerms, type Convolution, fullConvolution, inputTerms, kernelTerms, outputTerms, seenFrom } from './convolution_terms.js';
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

function convolution(layer: Numbers): Convolution {
  const { useBias = true, filters } = layer.config;
  const tensors = { input: layer.input, kernel: layer.own('kernel'), bias: useBias ? layer.own('bias') : undefined, output: layer.linear };
  return fullConvolution({ window: layer.window!, ...tensors }, filters);
}

/** output[n, y, x, f] = bias[f] + the window's pixels times the filter's kernel */
function linearTerms(layer: Numbers, place: Place): Terms {
  const { useBias = true } = layer.config;
  const sum = `Σ over i, j, c of input[${seenFrom(layer.window!)}, c] · kernel[i, j, c, f]`;
  return outputTerms(layer, place, convolution(layer), `output[y, x, f] = ${useBias ? 'bias[f] + ' : ''}${sum}`);
}

const D_INPUT = 'dInput[row, column, c] = Σ over the windows (y, x) with it at (i, j), and f, of dOutput[y, x, f] · kernel[i, j, c, f]';

/** dKernel[i, j, c, f] = Σ over pictures and positions of input · dOutput */
function weightTerms(layer: Numbers, place: Place): Terms {
  const formula = `dKernel[i, j, c, f] = Σ over pictures, y, x of input[${seenFrom(layer.window!)}, c] · dOutput[y, x, f]`;
  return kernelTerms(layer, place, convolution(layer), formula);
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
  terms: {
    output: linearTerms,
    inputGradient: (layer, place) => inputTerms(layer, place, convolution(layer), D_INPUT),
    weightGradients: { kernel: weightTerms, bias: (layer, place) => biasTerms(layer, place, convolution(layer)) },
  },
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
  const chosen = { ...(!useBias && { useBias }), ...(dilation.some(each => each !== 1) && { dilationRate: dilation }) };
  return Layer.of(conv2dRecord, { ...config, ...chosen }, options);
}
