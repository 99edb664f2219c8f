import type { Shape } from '../engine/shape.js';
import type { Compiled } from './compiled.js';
import { choice, fields, flag, list, number, object, optional, plainName, type Read, undefaulted, whole } from './json.js';
import type { LayerStack } from './layer_stack.js';
import { Layer, type LayerOptions, type LayerRecord, readSize } from './layers/layer.js';
import { splitWeightOptions } from './layers/weight_options.js';
import { layerClasses } from './layers.js';
import { LOSS_NAMES, type ResolvedLoss } from './losses.js';
import { METRIC_NAMES, type Metric, type MetricOptions } from './metrics.js';
import { type Sequential, sequential } from './model.js';
import { OPTIMIZER_NAMES, OPTIMIZERS, type Optimizer, type OptimizerConfig, type OptimizerName } from './optimizers.js';
import { readSchedule, type Schedule, scheduleOf } from './schedules.js';

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
  /** Left out where it is true. */
  readonly trainable?: boolean | undefined;
  readonly config: Readonly<Record<string, unknown>>;
}

/** How a model is trained: JSON. */
export interface CompileConfig {
  readonly optimizer: {
    readonly name: OptimizerName;
    readonly learningRate: number;
    /** What the learning rate follows, where it follows something; learningRate is then that of the first step. */
    readonly schedule?: Pick<Schedule, 'className' | 'config'> | undefined;
    readonly config: OptimizerConfig;
  };
  readonly loss: ResolvedLoss;
  readonly metrics: readonly Metric[];
}

export function modelConfig({ name, seed, layers: placed, inputShape }: LayerStack): ModelConfig {
  return {
    name,
    seed,
    layers: placed.map(({ name: layerName, layer }, i) => ({
      className: layer.className,
      name: layerName,
      inputShape: i === 0 ? inputShape : layer.inputShape,
      ...(!layer.trainable && { trainable: false }),
      config: layer.config,
    })),
  };
}

export function compileConfig({ optimizer, loss, metrics }: Compiled): CompileConfig {
  const { name, learningRate, schedule, config } = optimizer;
  const follows = schedule && { schedule: { className: schedule.className, config: schedule.config } };
  return { optimizer: { name, learningRate, ...follows, config }, loss, metrics };
}

/** A layer of a kind by what a file, or a person who edits one, says of it. Throws at what is wrong; `at` begins the message. */
export function makeLayer(record: LayerRecord, config: object, options: LayerOptions, at: string): Layer {
  const { own, rest } = splitWeightOptions(config, at);
  return Layer.of(record, undefaulted(record.config)(rest, at), { ...own, ...options });
}

const readLayer: Read<Layer> = (value, at) => {
  const {
    className,
    name,
    inputShape,
    trainable = true,
    config,
  } = fields<LayerConfig>({
    className: choice(...layerClasses().keys()),
    name: plainName,
    inputShape: optional(list(readSize)),
    trainable: optional(flag),
    config: object,
  })(value, at);
  return makeLayer(layerClasses().get(className)!, config, { name, trainable, ...(inputShape && { inputShape }) }, `${at}.config`);
};

/** Makes a model of what a file says of it; its weights are still to be set. */
export const readModel: Read<Sequential> = (value, at) => {
  const { name, seed, layers: made } = fields({ name: plainName, seed: whole(0, 2 ** 32 - 1), layers: list(readLayer) })(value, at);
  return sequential(made, { name, seed });
};

const readOptimizer: Read<CompileConfig['optimizer']> = (value, at) => {
  const { config, ...read } = fields({
    name: choice(...OPTIMIZER_NAMES),
    learningRate: number(0),
    schedule: optional(readSchedule),
    config: object,
  })(value, at);
  const found = { ...read, config: undefaulted(OPTIMIZERS[read.name].config)(config, `${at}.config`) };
  optimizerFromConfig(found);
  return found;
};

const readMetric: Read<Metric> = (value, at) =>
  typeof value === 'string'
    ? choice(...METRIC_NAMES)(value, at)
    : fields<MetricOptions>({
        name: choice(...METRIC_NAMES),
        key: optional(plainName),
        k: optional(number()),
        threshold: optional(number()),
        numThresholds: optional(number()),
      })(value, at);

export const readCompileConfig: Read<CompileConfig> = fields<CompileConfig>({
  optimizer: readOptimizer,
  loss: fields<ResolvedLoss>({
    name: choice(...LOSS_NAMES),
    from: choice('logits', 'probs', 'output'),
    fromLogits: optional(flag),
    labelSmoothing: optional(number(0, 1)),
  }),
  metrics: list(readMetric),
});

export function optimizerFromConfig({ name, learningRate, schedule, config }: CompileConfig['optimizer']): Optimizer {
  return OPTIMIZERS[name].make(schedule ? scheduleOf(schedule.className, schedule.config) : learningRate, config);
}
