import type { Shape } from '../engine/shape.js';
import type { Compiled } from './compiled.js';
import { choice, fields, list, number, object, optional, pair, plainName, type Read, record, whole } from './json.js';
import type { LayerStack } from './layer_stack.js';
import * as layers from './layers.js';
import type { LossName } from './losses.js';
import { type Sequential, sequential } from './model.js';
import { adam, type Optimizer, sgd } from './optimizers.js';

/** What makes a model again, but for its weights: JSON. */
export interface ModelConfig {
  readonly name: string;
  readonly seed: number;
  readonly layers: readonly LayerConfig[];
}

interface LayerConfig {
  readonly className: string;
  readonly name: string;
  readonly inputShape?: Shape | undefined;
  readonly config: Readonly<Record<string, unknown>>;
}

/** How a model is trained: JSON. */
export interface CompileConfig {
  readonly optimizer: {
    readonly name: Optimizer['name'];
    readonly learningRate: number;
    readonly config: Readonly<Record<string, number>>;
  };
  readonly loss: { readonly name: LossName; readonly from: 'logits' | 'probs' };
  readonly metrics: readonly string[];
}

export function modelConfig({ name, seed, layers: placed }: LayerStack): ModelConfig {
  return {
    name,
    seed,
    layers: placed.map(({ name: layerName, layer }) => ({
      className: layer.className,
      name: layerName,
      inputShape: layer.inputShape,
      config: layer.config,
    })),
  };
}

export function compileConfig({ optimizer, loss, metrics }: Compiled): CompileConfig {
  return { optimizer: { name: optimizer.name, learningRate: optimizer.learningRate, config: optimizer.config }, loss, metrics };
}

/** Makes a layer of what a file says of it. */
type Maker = (config: unknown, at: string, options: { readonly name: string; readonly inputShape?: Shape }) => layers.Layer;

const maker =
  <C extends object>(read: Read<C>, make: (config: C, options: Parameters<Maker>[2]) => layers.Layer): Maker =>
  (config, at, options) =>
    make(read(config, at), options);

const size = whole(1, 2 ** 31 - 1);
const padding = choice('valid', 'same');
const activation = choice('linear', 'relu', 'sigmoid', 'softmax');

/** What each class of layer is made by, from its config. */
const MAKERS: ReadonlyMap<string, Maker> = new Map([
  [
    'Conv2D',
    maker(
      fields({ filters: size, kernelSize: pair(size), strides: pair(size), padding, activation }),
      ({ filters, kernelSize, ...rest }, options) => layers.conv2d(filters, kernelSize, { ...rest, ...options }),
    ),
  ],
  [
    'MaxPooling2D',
    maker(fields({ poolSize: pair(size), strides: pair(size), padding }), ({ poolSize, ...rest }, options) =>
      layers.maxPooling2d(poolSize, { ...rest, ...options }),
    ),
  ],
  ['Flatten', maker(fields({}), (_, options) => layers.flatten(options))],
  ['Dropout', maker(fields({ rate: number(0, 1) }), ({ rate }, options) => layers.dropout(rate, options))],
  ['Dense', maker(fields({ units: size, activation }), ({ units, ...rest }, options) => layers.dense(units, { ...rest, ...options }))],
  ['Activation', maker(fields({ activation }), ({ activation: name }, options) => layers.activation(name, options))],
]);

const readLayer: Read<layers.Layer> = (value, at) => {
  const { className, name, inputShape, config } = fields<LayerConfig>({
    className: choice(...MAKERS.keys()),
    name: plainName,
    inputShape: optional(list(size)),
    config: object,
  })(value, at);
  return MAKERS.get(className)!(config, `${at}.config`, inputShape ? { name, inputShape } : { name });
};

/** Makes a model of what a file says of it; its weights are still to be set. */
export const readModel: Read<Sequential> = (value, at) => {
  const { name, seed, layers: made } = fields({ name: plainName, seed: whole(0, 2 ** 32 - 1), layers: list(readLayer) })(value, at);
  return sequential(made, { name, seed });
};

/** What each optimizer is told besides its learning rate. */
const OPTIMIZER_CONFIGS = {
  adam: fields({ beta1: number(), beta2: number(), epsilon: number() }),
  sgd: fields({ momentum: number() }),
};

const readOptimizer: Read<CompileConfig['optimizer']> = (value, at) => {
  const read = fields({ name: choice('adam', 'sgd'), learningRate: number(0), config: record(number()) })(value, at);
  OPTIMIZER_CONFIGS[read.name](read.config, `${at}.config`);
  optimizerFromConfig(read);
  return read;
};

export const readCompileConfig: Read<CompileConfig> = fields<CompileConfig>({
  optimizer: readOptimizer,
  loss: fields({ name: choice('binaryCrossentropy', 'categoricalCrossentropy'), from: choice('logits', 'probs') }),
  metrics: list(choice('acc', 'accuracy')),
});

export function optimizerFromConfig({ name, learningRate, config }: CompileConfig['optimizer']): Optimizer {
  return (name === 'adam' ? adam : sgd)({ ...config, learningRate });
}
