import type { Shape } from '../../engine/shape.js';
import type { KerasVersion } from '../../nn/activations/record.js';
import { type Activation, fromKerasName, toKerasName } from '../../nn/activations.js';
import { type InitializerConfig, isKnown, readInitializer } from '../../nn/initializers.js';
import { flag, object, plainName, shown, text, WantedError } from '../../nn/json.js';
import type { PlacedLayer } from '../../nn/layer_stack.js';
import { Layer, type LayerRecord } from '../../nn/layers/layer.js';
import { isOfNone, splitWeightOptions } from '../../nn/layers/weight_options.js';
import { layerClasses } from '../../nn/layers.js';
import { camelCase, snakeCase } from './names.js';
import { checkOwn, fromKeras, isObject, sameJson, toKeras } from './values.js';

type Fields = Readonly<Record<string, unknown>>;

/** Other names by which Keras knows its classes. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['Convolution2D', 'Conv2D'],
  ['DepthwiseConvolution2D', 'DepthwiseConv2D'],
  ['SeparableConvolution2D', 'SeparableConv2D'],
  ['MaxPool2D', 'MaxPooling2D'],
  ['AvgPool2D', 'AveragePooling2D'],
  ['GlobalAvgPool2D', 'GlobalAveragePooling2D'],
  ['GlobalMaxPool2D', 'GlobalMaxPooling2D'],
  ['BatchNormalizationV1', 'BatchNormalization'],
  ['BatchNormalizationV2', 'BatchNormalization'],
]);

const MODELS = ['Sequential', 'Functional', 'Model'];

/** A layer of Keras' JSON, before its config is looked at. */
export interface KerasLayer {
  readonly name: string;
  readonly className: string;
  readonly config: Fields;
  /** How messages name it: "layer 'conv2d' (Conv2D)". */
  readonly who: string;
}

/** Reads a layer's class and name; throws where it is code, a model, or a class that is not Keras' own. */
export function readEntry(value: unknown, at: string): KerasLayer {
  const entry = object(value, at);
  const className = text(entry.class_name, `${at}.class_name`);
  const config = isObject(entry.config) ? entry.config : {};
  const { name = entry.name } = config;
  const label = `layer ${name === undefined ? at : shown(name)}`;
  if (className === 'Lambda') throw new Error(`${label} is a Lambda: code, which is neither looked at nor run`);
  if (MODELS.includes(className)) throw new Error(`${label} is a model (${className}) within the model, which is not supported`);
  checkOwn(entry, label);
  const plain = plainName(name, `${at}: the layer's name`);
  return {
    name: plain,
    className: ALIASES.get(className) ?? className,
    config: object(entry.config, at),
    who: `${label} (${shown(className).slice(1, -1)})`,
  };
}

/** What a shape of Keras' JSON gives: without the batch axis, and the batch where the file names one. */
export function readInputShape(value: unknown, who: string): { readonly shape: Shape; readonly batch: number | undefined } {
  const given = fromKeras(value, who);
  const isLength = (each: unknown): boolean => Number.isSafeInteger(each) && (each as number) > 0;
  if (!Array.isArray(given) || given.length < 2) throw new WantedError(value, `${who}: its input's shape`, 'a list that begins with null');
  const [batch, ...shape] = given;
  const open = shape.findIndex(each => !isLength(each));
  if (open >= 0) throw new Error(`${who}: axis ${open + 1} of its input is ${shown(shape[open])}, wanted a fixed size`);
  return { shape, batch: isLength(batch) ? batch : undefined };
}

/** Where a layer's config has its input's shape: Keras 2 and 3. */
export const inputShapeOf = ({ batch_input_shape: keras2, batch_shape: keras3 }: Fields): unknown => keras2 ?? keras3 ?? undefined;

/** The type of a layer's numbers; a policy in Keras 3. */
function checkDtype({ dtype }: Fields, who: string): void {
  const name = isObject(dtype) ? (isObject(dtype.config) ? dtype.config.name : undefined) : (dtype ?? 'float32');
  if (name !== 'float32')
    throw new Error(`${who}: dtype is ${name === undefined ? 'a policy without a name' : shown(name)}, wanted 'float32'`);
}

/** Makes a layer; throws, naming the layer, its class and the field, where it would compute something else than in that Keras. */
export function readLayer({ name, className, config, who }: KerasLayer, inputShape: Shape | undefined, version: KerasVersion): Layer {
  const record = layerClasses().get(className);
  if (!record) throw new Error(`${who}: such layers are not supported; wanted ${[...layerClasses().keys()].join(', ')}`);
  checkDtype(config, who);
  checkFixed(record, config, who);
  const { own, rest } = splitWeightOptions(ourConfig(record, config, who, version), who);
  const trainable = flag(config.trainable ?? true, `${who}: trainable`);
  return Layer.of(record, record.config(rest, who), { ...own, name, trainable, ...(inputShape && { inputShape }) });
}

/** Throws at a field that would change numbers, with another value than the supported one. */
function checkFixed({ keras }: LayerRecord, config: Fields, who: string): void {
  const fixed = new Map(Object.entries(keras?.fixed ?? {}));
  for (const [field, value] of Object.entries(config)) {
    const isFixed = fixed.has(field) || field === 'activity_regularizer' || field.endsWith('_constraint');
    if (value === null || !isFixed) continue;
    const wanted = fixed.get(field) ?? null;
    if (sameJson(fromKeras(value, who), wanted)) continue;
    throw new Error(`${who}: ${field} ${isObject(value) ? `(${shown(value.class_name)}) ` : ''}is ${told(value)}, wanted ${told(wanted)}`);
  }
}

const told = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : isObject(value) ? 'given' : shown(value));

/** Fields of the record's own config and those about its weights, in our words. */
function ourConfig({ config: { names }, keras }: LayerRecord, config: Fields, who: string, version: KerasVersion): Fields {
  const given: [string, unknown][] = [];
  const renamed = new Map(Object.entries(keras?.oldNames ?? {}).map(([name, old]) => [old, name]));
  for (const [field, value] of Object.entries(config)) {
    const name = renamed.get(field) ?? camelCase(field);
    const isRead = names.includes(name) || field.endsWith('_regularizer');
    // Null means Keras' default.
    if (value === null) continue;
    if (field.endsWith('_initializer')) given.push([name, initializerFromKeras(value)]);
    if (!isRead) continue;
    const own = fromKeras(value, `${who}: ${field}`);
    given.push([name, field === 'activation' ? activationFromKeras(own, who, version) : own]);
  }
  return Object.fromEntries(given);
}

/** One that can't be read is kept by what is wrong with it: the file's weights replace what it would draw, and drawing throws. */
function initializerFromKeras(value: unknown): InitializerConfig {
  try {
    return readInitializer(fromKeras(value, 'it'), 'it');
  } catch (error) {
    return { className: (error as Error).message, config: {} };
  }
}

function activationFromKeras(value: unknown, who: string, version: KerasVersion): Activation {
  const name = isObject(value) ? value.className : value;
  const found = typeof name === 'string' ? fromKerasName(name, version) : undefined;
  if (found === undefined || isObject(value)) throw new Error(`${who}: activation is ${shown(name)}, which is not supported`);
  return found;
}

/** A layer's config as the releases of that Keras read it: few fields. */
export function layerToKeras({ name, layer, parameters }: PlacedLayer, version: KerasVersion): Fields {
  const { record, config, trainable } = layer;
  const { fixed: { data_format: dataFormat } = {}, oldNames } = record.keras ?? {};
  const renamed = new Map(version === 2 ? Object.entries(oldNames ?? {}) : []);
  const weights = parameters.map(({ part }) => part);
  const own = Object.entries(config).filter(([field, value]) => {
    const isForeign = field.endsWith('Initializer') && !isKnown(value as InitializerConfig);
    return value !== undefined && !isForeign && !isOfNone(field, weights);
  });
  return {
    name,
    trainable,
    dtype: 'float32',
    ...Object.fromEntries(own.map(([field, value]) => [renamed.get(field) ?? snakeCase(field), toKeras(value)])),
    ...(config.activation !== undefined && { activation: activationToKeras(config.activation, name, version) }),
    // A user's own default may be another.
    ...(dataFormat !== undefined && { data_format: dataFormat }),
  };
}

function activationToKeras(activation: Activation, layer: string, version: KerasVersion): string {
  const name = toKerasName(activation, version);
  if (name === undefined)
    throw new Error(`layer ${shown(layer)}: Keras ${version} has no activation that gives the numbers of '${activation}'`);
  return name;
}
