import type { CompileConfig } from '../../nn/config.js';
import { number, object, optional, shown, text } from '../../nn/json.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import { LOSS_NAMES, LOSSES, type LossName, type LossOptions, type ResolvedLoss, resolveLoss } from '../../nn/losses.js';
import { OPTIMIZER_NAMES, OPTIMIZERS, type OptimizerConfig, type OptimizerName } from '../../nn/optimizers.js';
import { readSchedule, type Schedule } from '../../nn/schedules.js';
import type { ModelFile } from '../model_file.js';
import { metricsFromKeras, metricToKeras } from './metrics.js';
import { camelCase, lowerFirst, snakeCase } from './names.js';
import { fromKeras, isObject } from './values.js';

type Fields = Readonly<Record<string, unknown>>;

/** What Keras' JSON says of how a model is trained. */
export interface KerasCompile {
  /** None where the model was not compiled, or its loss is not supported. */
  readonly compile: CompileConfig | undefined;
  readonly notes: readonly string[];
  /** Why training can't go on as it was in Keras, where it can't. */
  readonly untrainable: string | undefined;
}

/** Where a file does not say what a loss is computed from. */
type From = CompileConfig['loss']['from'];

/**
 * Reads `training_config` (HDF5, SavedModel, TensorFlow.js) or `compile_config` (.keras), for a model that is read. `from`: what its losses were computed
 * from, where a file of that release and backend says so; logits and a note where it does not.
 */
export function compileFromKeras(json: unknown, model: LayerStack, from?: From): KerasCompile {
  if (!isObject(json) || Object.keys(json).length === 0) return { compile: undefined, notes: [], untrainable: undefined };
  const notes: string[] = [];
  const untrainable: string[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      untrainable.push((error as Error).message);
      return undefined;
    }
  };
  const optimizer = attempt(() => optimizerFromKeras(json.optimizer_config ?? json.optimizer));
  const loss = attempt(() => lossFromKeras(json.loss));
  if (loss === undefined) return { compile: undefined, notes, untrainable: untrainable.join('; ') };
  const last = model.layers.at(-1)!.layer.activation;
  const takesLogits = last?.hasLogits && LOSSES[loss.name].forms.logits;
  if (takesLogits && from === undefined)
    notes.push('it does not say what its loss is computed from: the logits are taken, as Keras does on TensorFlow');
  const resolved = attempt(() => resolveLoss({ ...(takesLogits && from && { from }), ...loss }, last));
  if (resolved === undefined) return { compile: undefined, notes, untrainable: untrainable.join('; ') };
  const compile: CompileConfig = {
    // The loss is good for evaluation also where its optimizer can't go on.
    optimizer: optimizer ?? { name: 'adam', learningRate: 1e-3, config: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } },
    loss: resolved,
    metrics: metricsFromKeras(json.metrics, model, resolved, notes),
  };
  if (optimizer && isOtherRmsprop(optimizer, json.optimizer_config))
    notes.push('its RMSprop is a legacy one, which adds epsilon to the root: steps are other ones here, where gradients are small');
  return { compile, notes, untrainable: untrainable.length > 0 ? untrainable.join('; ') : undefined };
}

/** What a loss is computed from in a release of Keras. It takes one from the logits behind probabilities on TensorFlow alone, and from 2.3 on. */
export function lossInput(version: string, backend: string | undefined): 'logits' | 'probs' {
  const [major = 2, minor = 0] = version.split('.').map(Number);
  const isOld = major < 2 || (major === 2 && minor < 3);
  return isOld || (backend !== undefined && backend !== 'tensorflow') ? 'probs' : 'logits';
}

/** Fields of every optimizer of Keras that change its steps, and what they must be where the optimizer does not know them. */
const FIXED: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['amsgrad', false],
  ['centered', false],
  ['nesterov', false],
  ['decay', 0],
  ['use_ema', false],
  ['loss_scale_factor', null],
  ['gradient_accumulation_steps', null],
]);

/** Fields that do nothing where they are 0. */
const OFF_AT_0: readonly string[] = ['clipnorm', 'clipvalue', 'global_clipnorm', 'weight_decay'];

/** The legacy RMSprop, without momentum, adds epsilon outside the root. Later ones say whether they average weights. */
const isOtherRmsprop = ({ name, config }: CompileConfig['optimizer'], given: unknown): boolean =>
  name === 'rmsprop' && config.momentum === 0 && isObject(given) && isObject(given.config) && given.config.use_ema === undefined;

/** AdamW's decay has a default that is not 0. */
const isDecayed = (name: OptimizerName, field: string): boolean => name === 'adamw' && field === 'weight_decay';

function optimizerFromKeras(value: unknown): CompileConfig['optimizer'] {
  // What was given as a text is that text alone.
  const given = typeof value === 'string' ? { class_name: value, config: {} } : object(value, 'its optimizer');
  const className = text(given.class_name, "its optimizer's class").replace(/^Custom>/, '');
  const name = OPTIMIZER_NAMES.find(each => OPTIMIZERS[each].className.toLowerCase() === className.toLowerCase());
  if (!name) {
    const wanted = OPTIMIZER_NAMES.map(each => OPTIMIZERS[each].className).join(', ');
    throw new Error(`its optimizer ${shown(className)} is not supported, wanted ${wanted}`);
  }
  return configFromKeras(name, isObject(given.config) ? given.config : {});
}

function configFromKeras(name: OptimizerName, given: Fields): CompileConfig['optimizer'] {
  const { className, config, make } = OPTIMIZERS[name];
  const who = `its optimizer ${className}`;
  const own = new Map<string, unknown>();
  for (const [field, value] of Object.entries(given)) {
    if (config.names.includes(camelCase(field))) {
      const isOff = value === 0 && OFF_AT_0.includes(field) && !isDecayed(name, field);
      if (value !== null && !isOff) own.set(camelCase(field), value);
    } else if (FIXED.has(field) && value !== null && value !== false && value !== FIXED.get(field)) {
      throw new Error(`${who} has ${field} ${shown(value)}, which is not supported`);
    }
  }
  const rate = given.learning_rate ?? given.lr;
  const at = `${who}: learning_rate`;
  const learningRate = isObject(rate) ? scheduleFromKeras(rate, at) : rate === undefined ? rate : number(0)(rate, at);
  const optimizer = make(learningRate, Object.fromEntries(own) as OptimizerConfig);
  config(optimizer.config, who);
  const { schedule } = optimizer;
  return { name, learningRate: optimizer.learningRate, ...(schedule && { schedule }), config: optimizer.config };
}

/** A learning rate that Keras has as an object: { class_name, config }. */
function scheduleFromKeras({ class_name: className, config }: Fields, at: string): Schedule {
  const fields = Object.entries(object(config, `${at}.config`)).filter(([field, value]) => field !== 'name' && value !== null);
  const own = Object.fromEntries(fields.map(([field, value]) => [camelCase(field), value]));
  return readSchedule({ className, config: own }, at);
}

/** A list or an object of one is that one. */
function only(value: unknown, what: string): unknown {
  if (!Array.isArray(value) && (!isObject(value) || value.class_name !== undefined)) return value;
  const all = Object.values(value);
  if (all.length === 1) return all[0];
  throw new Error(`it has ${all.length} ${what}, wanted one`);
}

/** What Keras calls losses besides their names in snake case. */
const LOSS_ALIASES: ReadonlyMap<string, LossName> = new Map([
  ['mse', 'meanSquaredError'],
  ['mae', 'meanAbsoluteError'],
]);

/** Reads a loss; throws where it, or a field of it, is none of ours. */
function lossFromKeras(value: unknown): LossOptions {
  const loss = fromKeras(only(value, 'losses'), 'its loss');
  const { className, config } = typeof loss === 'string' ? { className: loss, config: {} } : (object(loss, 'its loss') as Fields);
  const given = text(className, "its loss' class");
  const fields = isObject(config) ? config : {};
  const found = typeof fields.fn === 'string' ? fields.fn : given;
  const name = LOSS_ALIASES.get(found.toLowerCase()) ?? LOSS_NAMES.find(each => each === lowerFirst(camelCase(found)));
  if (!name) throw new Error(`its loss ${shown(found)} is not supported, wanted ${LOSS_NAMES.map(snakeCase).join(' or ')}`);
  checkLossConfig(found, fields);
  const smoothing = optional(number(0, 1))(fields.labelSmoothing ?? undefined, `its loss ${shown(found)}: label_smoothing`);
  return { name, ...(fields.fromLogits === true && { from: 'logits' }), ...(smoothing && { labelSmoothing: smoothing }) };
}

/** What a loss must be besides. */
const LOSS_FIXED: Readonly<Record<string, readonly unknown[]>> = {
  axis: [-1],
  ignoreClass: [null],
  reduction: ['sum_over_batch_size', 'auto'],
};

function checkLossConfig(loss: string, config: Fields): void {
  for (const [field, wanted] of Object.entries(LOSS_FIXED)) {
    const found = Object.hasOwn(config, field) ? config[field] : undefined;
    if (found === undefined || found === null || wanted.includes(found)) continue;
    throw new Error(`its loss ${shown(loss)} has ${snakeCase(field)} ${shown(found)}, which is not supported`);
  }
}

/** A loss by its name alone where that says all: the logits of a last softmax or sigmoid are what Keras takes. */
function lossToKeras({ name, fromLogits = false, labelSmoothing }: ResolvedLoss): unknown {
  if (!fromLogits && !labelSmoothing) return snakeCase(name);
  const config = { name: snakeCase(name), from_logits: fromLogits, ...(labelSmoothing && { label_smoothing: labelSmoothing }) };
  return { class_name: name[0]!.toUpperCase() + name.slice(1), config };
}

/** How a model is trained, as `training_config` has it: of tf.keras' legacy optimizers, which all its releases have, or of those from 2.11 on. */
export function trainingConfig(
  { optimizer, loss, metrics }: CompileConfig,
  flavour: 'legacy' | 'tf',
): Readonly<Record<string, unknown>> & { readonly optimizer_config: OptimizerWords } {
  const { class_name: className, config } = optimizerToKeras(optimizer);
  const legacy = { ...config, decay: 0, ...(className === 'Adam' && { amsgrad: false }) };
  return {
    optimizer_config: flavour === 'legacy' ? { class_name: className, config: legacy } : { class_name: `Custom>${className}`, config },
    loss: lossToKeras(loss),
    metrics: metrics.map(metric => metricToKeras(metric, loss)),
    loss_weights: null,
    sample_weight_mode: null,
  };
}

/** An object of Keras 3 says where its class is; what is a name stays one. */
const inModule = (module: string, value: unknown): unknown => (isObject(value) ? { module, ...value, registered_name: null } : value);

/** How a model is trained, as the `compile_config` of a .keras file has it. */
export function compileConfigOf({ optimizer, loss, metrics }: CompileConfig): Readonly<Record<string, unknown>> {
  const { class_name: className, config } = optimizerToKeras(optimizer);
  const { learning_rate: rate } = config;
  const schedule = isObject(rate) && { learning_rate: { module: 'keras.optimizers.schedules', ...rate, registered_name: null } };
  return {
    optimizer: { module: 'keras.optimizers', class_name: className, config: { ...config, ...schedule }, registered_name: null },
    loss: inModule('keras.losses', lossToKeras(loss)),
    metrics: metrics.map(metric => inModule('keras.metrics', metricToKeras(metric, loss))),
    loss_weights: null,
    weighted_metrics: null,
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
  };
}

function scheduleToKeras({ className, config }: Pick<Schedule, 'className' | 'config'>): Fields {
  const own = Object.entries(config).map(([field, value]) => [snakeCase(field), value]);
  return { class_name: className, config: { ...Object.fromEntries(own), name: className } };
}

interface OptimizerWords {
  readonly class_name: string;
  readonly config: Fields;
}

export function optimizerToKeras({ name, learningRate, schedule, config }: CompileConfig['optimizer']): OptimizerWords {
  // JSON writes 0.0 as 0, which Keras 3 refuses as a momentum: it wants a float. None is the default.
  const given = Object.entries(config).filter(([field, value]) => field !== 'momentum' || value !== 0);
  const own = given.map(([field, value]) => [snakeCase(field), value]);
  return {
    class_name: OPTIMIZERS[name].className,
    config: {
      name: OPTIMIZERS[name].className,
      learning_rate: schedule ? scheduleToKeras(schedule) : learningRate,
      ...Object.fromEntries(own),
    },
  };
}

/** What of how a model is trained Keras' files cannot say: sentences for people. */
export function* leftOut({ model, compile, untrainable }: ModelFile): Generator<string> {
  if (untrainable !== undefined) yield `${untrainable}: how the model is trained is left out`;
  const { activation } = model.layers.at(-1)!.layer;
  const couldBeLogits = activation?.hasLogits === true && compile && LOSSES[compile.loss.name].forms.logits !== undefined;
  if (couldBeLogits && compile.loss.from === 'probs')
    yield 'it cannot say that the loss is computed from probabilities: Keras on TensorFlow takes the logits';
}
