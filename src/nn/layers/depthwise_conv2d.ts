import { dilatedWindow2d, type Padding } from '../../engine/shape.js';
import { depthwiseConv2d as depthwiseConv2dOp } from '../../ops/depthwise_conv2d.js';
import { ACTIVATION_NAMES, type Activation } from '../activations.js';
import { glorot, zeros } from '../initializers.js';
import { defaulted, fields, flag } from '../json.js';
import type { Place, Terms } from '../terms.js';
import { biasTerms, type Convolution, depthwiseConvolution, inputTerms, kernelTerms, outputTerms, seenFrom } from './convolution_terms.js';
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
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly depthMultiplier: number;
  readonly dilationRate: readonly [number, number];
  readonly activation: Activation;
  readonly useBias: boolean;
}

type Numbers = InspectedNumbers<Config>;

function convolution(layer: Numbers): Convolution {
  const { depthMultiplier, useBias } = layer.config;
  const bias = useBias ? layer.own('bias') : undefined;
  const tensors = { input: layer.input, kernel: layer.own('depthwise_kernel'), bias, output: layer.linear };
  return depthwiseConvolution({ window: layer.window!, ...tensors }, depthMultiplier);
}

/** output[n, y, x, u] = bias[u] + the window's pixels of u's channel times its kernel */
function linearTerms(layer: Numbers, place: Place): Terms {
  const sum = `Σ over i, j of input[${seenFrom(layer.window!)}, c] · depthwise_kernel[i, j, c, q]`;
  const formula = `output[y, x, c · multiplier + q] = ${layer.config.useBias ? 'bias[c · multiplier + q] + ' : ''}${sum}`;
  return outputTerms(layer, place, convolution(layer), formula);
}

/** Of any depthwise convolution: how the gradients of what it takes and of its kernel are made. `c` is a channel, `q` one of its filters. */
export const DEPTHWISE_D_INPUT =
  'dInput[row, column, c] = Σ over the windows (y, x) with it at (i, j), and q, of dOutput[y, x, c · multiplier + q] · depthwise_kernel[i, j, c, q]';
export const depthwiseDKernel = (layer: Pick<Numbers, 'window'>): string =>
  `dKernel[i, j, c, q] = Σ over pictures, y, x of input[${seenFrom(layer.window!)}, c] · dOutput[y, x, c · multiplier + q]`;

export const depthwiseConv2dRecord: LayerRecord<Config> = {
  kind: 'depthwise_conv2d',
  className: 'DepthwiseConv2D',
  config: fields<Config>({
    kernelSize: readPair,
    strides: defaulted(readPair, [1, 1]),
    padding: defaulted(readPadding, 'valid'),
    depthMultiplier: defaulted(readSize, 1),
    dilationRate: defaulted(readPair, [1, 1]),
    activation: defaulted(readActivation, 'linear'),
    useBias: defaulted(flag, true),
  }),
  keras: { fixed: { data_format: 'channels_last', groups: 1 } },
  weights: ({ kernelSize, depthMultiplier, useBias }, input) => [
    { name: 'depthwise_kernel', shape: [...kernelSize, input[2]!, depthMultiplier], init: glorot },
    ...(useBias ? [{ name: 'bias', shape: [input[2]! * depthMultiplier], init: zeros }] : []),
  ],
  outputShape(config, input) {
    const { outputHeight, outputWidth, channels } = this.window!(config, [1, ...input]);
    return [outputHeight, outputWidth, channels * config.depthMultiplier];
  },
  window: ({ kernelSize, strides, padding, dilationRate }, input) =>
    dilatedWindow2d('depthwiseConv2d', input, { kernel: kernelSize, strides, padding, dilation: dilationRate }),
  call: ({ strides, padding, dilationRate }, input, { weights: { depthwise_kernel: kernel, bias } }) => ({
    output: depthwiseConv2dOp(input, kernel!, bias, { strides, padding, dilation: dilationRate }),
  }),
  describe: ({ kernelSize, depthMultiplier, padding, activation }) =>
    `each channel by ${depthMultiplier} of ${kernelSize.join('×')}, ${padding}, ${activation}`,
  terms: {
    output: linearTerms,
    inputGradient: (layer, place) => inputTerms(layer, place, convolution(layer), DEPTHWISE_D_INPUT),
    weightGradients: {
      depthwise_kernel: (layer, place) => kernelTerms(layer, place, convolution(layer), depthwiseDKernel(layer)),
      bias: (layer, place) => biasTerms(layer, place, convolution(layer)),
    },
  },
};

export interface DepthwiseConv2dOptions extends LayerOptions, WeightOptions<'depthwise' | 'bias'> {
  readonly strides?: Size2d;
  readonly padding?: Padding;
  /** Filters of each channel. Default 1. */
  readonly depthMultiplier?: number;
  /** How far apart the places of a window lie. Not with strides over 1. */
  readonly dilationRate?: Size2d;
  readonly activation?: Activation;
  readonly useBias?: boolean;
}

/**
 * Each channel of [height, width, channels] by `depthMultiplier` windows of its own: [height, width, channels * depthMultiplier].
 * Weights depthwise_kernel [height, width, channels, depthMultiplier] and bias [channels * depthMultiplier].
 */
export function depthwiseConv2d(kernelSize: Size2d, options: DepthwiseConv2dOptions = {}): Layer {
  const { strides = 1, padding = 'valid', depthMultiplier = 1, dilationRate = 1, activation = 'linear', useBias = true } = options;
  checkPositive('depthwiseConv2d', 'depthMultiplier', depthMultiplier);
  checkChoice('depthwiseConv2d', 'activation', activation, ACTIVATION_NAMES);
  checkChoice('depthwiseConv2d', 'padding', padding, PADDINGS);
  const window = { kernelSize: asPair(kernelSize), strides: asPair(strides), padding };
  const config = { ...window, depthMultiplier, dilationRate: asPair(dilationRate), activation, useBias };
  return Layer.of(depthwiseConv2dRecord, config, options);
}
