import type { Shape } from '../engine/shape.js';
import * as layers from './layers.js';
import type { LossName } from './losses.js';
import { type Compiled, type Sequential, sequential } from './model.js';
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
  readonly optimizer: { readonly name: string; readonly learningRate: number; readonly config: Readonly<Record<string, number>> };
  readonly loss: { readonly name: LossName; readonly from: 'logits' | 'probs' };
  readonly metrics: readonly string[];
}

export function modelConfig({ name, seed, layers: placed }: Sequential): ModelConfig {
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

type Pair = readonly [number, number];

/** What each class of layer is made by, from its config. */
const MAKERS: Readonly<Record<string, (config: LayerConfig['config'], options: { name: string; inputShape?: Shape }) => layers.Layer>> = {
  Conv2D: ({ filters, kernelSize, ...config }, options) => layers.conv2d(filters as number, kernelSize as Pair, { ...config, ...options }),
  MaxPooling2D: ({ poolSize, ...config }, options) => layers.maxPooling2d(poolSize as Pair, { ...config, ...options }),
  Flatten: (_, options) => layers.flatten(options),
  Dropout: ({ rate }, options) => layers.dropout(rate as number, options),
  Dense: ({ units, ...config }, options) => layers.dense(units as number, { ...config, ...options }),
  Activation: ({ activation }, options) => layers.activation(activation as layers.Activation, options),
};

export function modelFromConfig({ name, seed, layers: configs }: ModelConfig): Sequential {
  const made = configs.map(({ className, name: layerName, inputShape, config }) => {
    const make = Object.hasOwn(MAKERS, className) ? MAKERS[className] : undefined;
    if (!make)
      throw new Error(`layer '${layerName}' is a ${className}, which is not supported; wanted one of ${Object.keys(MAKERS).join(', ')}`);
    return make(config, inputShape ? { name: layerName, inputShape } : { name: layerName });
  });
  return sequential(made, { name, seed });
}

export function optimizerFromConfig({ name, learningRate, config }: CompileConfig['optimizer']): Optimizer {
  if (name === 'adam') return adam({ learningRate, ...config });
  if (name === 'sgd') return sgd({ learningRate, ...config });
  throw new Error(`optimizer '${name}' is not supported; wanted adam or sgd`);
}
