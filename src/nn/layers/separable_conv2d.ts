import { dilatedWindow2d, type Padding } from '../../engine/shape.js';
import { conv2d as conv2dOp } from '../../ops/conv2d.js';
import { depthwiseConv2d as depthwiseConv2dOp } from '../../ops/depthwise_conv2d.js';
import { ACTIVATION_NAMES, type Activation } from '../activations.js';
import { glorot, zeros } from '../initializers.js';
import { defaulted, fields, flag } from '../json.js';
import type { Place, Terms } from '../terms.js';
import {
  biasTerms,
  type Convolution,
  depthwiseConvolution,
  fullConvolution,
  inputTerms,
  kernelTerms,
  outputTerms,
  seenFrom,
} from './convolution_terms.js';
import { DEPTHWISE_D_INPUT, type DepthwiseConv2dOptions, depthwiseDKernel } from './depthwise_conv2d.js';
import {
  asPair,
  checkChoice,
  checkPositive,
  type InspectedNumbers,
  Layer,
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
  readonly depthMultiplier: number;
  readonly dilationRate: readonly [number, number];
  readonly activation: Activation;
  readonly useBias: boolean;
}

type Numbers = InspectedNumbers<Config>;

/** The pointwise convolution mixes the channels of each place by itself. */
const POINT = { kernel: [1, 1], strides: [1, 1], padding: 'valid' } as const;

function depthwise(layer: Numbers): Convolution {
  const tensors = { input: layer.input, kernel: layer.own('depthwise_kernel'), output: layer.own('depthwise') };
  return depthwiseConvolution({ window: layer.window!, ...tensors }, layer.config.depthMultiplier);
}

function pointwise(layer: Numbers): Convolution {
  const { batch, outputHeight, outputWidth, channels } = layer.window!;
  const { filters, depthMultiplier, useBias } = layer.config;
  const window = dilatedWindow2d('separableConv2d', [batch, outputHeight, outputWidth, channels * depthMultiplier], POINT);
  const bias = useBias ? layer.own('bias') : undefined;
  const tensors = { input: layer.own('depthwise'), kernel: layer.own('pointwise_kernel'), bias, output: layer.linear };
  return fullConvolution({ window, ...tensors }, filters);
}

/** depthwise[n, y, x, u]: the window's pixels of u's channel times its kernel */
function depthwiseTerms(layer: Numbers, place: Place): Terms {
  const formula = `depthwise[y, x, c · multiplier + q] = Σ over i, j of input[${seenFrom(layer.window!)}, c] · depthwise_kernel[i, j, c, q]`;
  return outputTerms(layer, place, depthwise(layer), formula);
}

/** output[n, y, x, f] = bias[f] + Σ over u of depthwise[n, y, x, u] · pointwise_kernel[u, f] */
function linearTerms(layer: Numbers, place: Place): Terms {
  const sum = 'Σ over u of depthwise[y, x, u] · pointwise_kernel[u, f]';
  return outputTerms(layer, place, pointwise(layer), `output[y, x, f] = ${layer.config.useBias ? 'bias[f] + ' : ''}${sum}`);
}

export const separableConv2dRecord: LayerRecord<Config> = {
  kind: 'separable_conv2d',
  className: 'SeparableConv2D',
  config: fields<Config>({
    filters: readSize,
    kernelSize: readPair,
    strides: defaulted(readPair, [1, 1]),
    padding: defaulted(readPadding, 'valid'),
    depthMultiplier: defaulted(readSize, 1),
    dilationRate: defaulted(readPair, [1, 1]),
    activation: defaulted(readActivation, 'linear'),
    useBias: defaulted(flag, true),
  }),
  keras: { fixed: { data_format: 'channels_last', groups: 1 } },
  weights: ({ filters, kernelSize, depthMultiplier, useBias }, input) => [
    { name: 'depthwise_kernel', shape: [...kernelSize, input[2]!, depthMultiplier], init: glorot },
    { name: 'pointwise_kernel', shape: [1, 1, input[2]! * depthMultiplier, filters], init: glorot },
    ...(useBias ? [{ name: 'bias', shape: [filters], init: zeros }] : []),
  ],
  outputShape(config, input) {
    const { outputHeight, outputWidth } = this.window!(config, [1, ...input]);
    return [outputHeight, outputWidth, config.filters];
  },
  window: ({ kernelSize, strides, padding, dilationRate }, input) =>
    dilatedWindow2d('separableConv2d', input, { kernel: kernelSize, strides, padding, dilation: dilationRate }),
  call({ strides, padding, dilationRate }, input, { weights }) {
    const { depthwise_kernel: depthwiseKernel, pointwise_kernel: pointwiseKernel, bias } = weights;
    const between = depthwiseConv2dOp(input, depthwiseKernel!, undefined, { strides, padding, dilation: dilationRate });
    return { output: conv2dOp(between, pointwiseKernel!, bias, POINT), parts: { depthwise: between } };
  },
  describe: ({ filters, kernelSize, padding, activation }) =>
    `each channel by ${kernelSize.join('×')}, then ${filters} filters of 1×1, ${padding}, ${activation}`,
  terms: {
    output: linearTerms,
    inputGradient: (layer, place) => inputTerms(layer, place, depthwise(layer), DEPTHWISE_D_INPUT),
    weightGradients: {
      depthwise_kernel: (layer, place) => kernelTerms(layer, place, depthwise(layer), depthwiseDKernel(layer)),
      pointwise_kernel: (layer, place) =>
        kernelTerms(layer, place, pointwise(layer), 'dKernel[u, f] = Σ over pictures, y, x of depthwise[y, x, u] · dOutput[y, x, f]'),
      bias: (layer, place) => biasTerms(layer, place, pointwise(layer)),
    },
    parts: { depthwise: depthwiseTerms },
    partGradients: {
      depthwise: (layer, place) =>
        inputTerms(layer, place, pointwise(layer), 'dDepthwise[y, x, u] = Σ over f of dOutput[y, x, f] · pointwise_kernel[u, f]'),
    },
  },
};

export type SeparableConv2dOptions = DepthwiseConv2dOptions & WeightOptions<'pointwise'>;

/**
 * A convolution in two steps: each channel of [height, width, channels] by windows of its own, without a bias, then `filters` mixtures of the channels at
 * each place. Weights depthwise_kernel [height, width, channels, depthMultiplier], pointwise_kernel [1, 1, channels * depthMultiplier, filters], bias [filters].
 */
export function separableConv2d(filters: number, kernelSize: Size2d, options: SeparableConv2dOptions = {}): Layer {
  const { strides = 1, padding = 'valid', depthMultiplier = 1, dilationRate = 1, activation = 'linear', useBias = true } = options;
  checkPositive('separableConv2d', 'filters', filters);
  checkPositive('separableConv2d', 'depthMultiplier', depthMultiplier);
  checkChoice('separableConv2d', 'activation', activation, ACTIVATION_NAMES);
  checkChoice('separableConv2d', 'padding', padding, PADDINGS);
  const window = { kernelSize: asPair(kernelSize), strides: asPair(strides), padding };
  const config = { filters, ...window, depthMultiplier, dilationRate: asPair(dilationRate), activation, useBias };
  return Layer.of(separableConv2dRecord, config, options);
}
