import type { KerasVersion } from '../../nn/activations/record.js';
import { list, object, plainName, shown, text } from '../../nn/json.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import type { Layer } from '../../nn/layers/layer.js';
import { type Sequential, sequential } from '../../nn/model.js';
import { chainOf } from './chain.js';
import { inputShapeOf, layerToKeras, readEntry, readInputShape, readLayer } from './layer.js';
import { checkOwn } from './values.js';

/** What Keras' JSON of a model gives. */
export interface Architecture {
  /** With the layers' names of the file. Its masks are drawn by seed 0: a file of Keras has none. */
  readonly model: Sequential;
  readonly notes: readonly string[];
}

const CHAINS = ['Functional', 'Model'];

/**
 * Reads Keras' JSON of a model, of every release: a Sequential, or a Functional one that is one chain. `version`: of the Keras that wrote it. Throws, naming the file, the layer and the field,
 * where something is not supported.
 */
export function modelFromKeras(file: string, json: unknown, version: KerasVersion): Architecture {
  try {
    return readArchitecture(json, version);
  } catch (error) {
    throw new Error(`${file} holds a model that can't be read: ${(error as Error).message}`, { cause: error });
  }
}

function readArchitecture(json: unknown, version: KerasVersion): Architecture {
  const top = object(json, 'it');
  const className = text(top.class_name, 'class_name');
  if (className !== 'Sequential' && !CHAINS.includes(className))
    throw new Error(`it is a ${shown(className)}, wanted a Sequential model, or a Functional one that is a chain`);
  checkOwn(top, 'it');
  // To Keras 2.2.2 the config of a Sequential is its layers alone.
  const config = Array.isArray(top.config) ? { layers: top.config } : object(top.config, 'config');
  const { layers: given, name = 'sequential', build_input_shape: built } = config as Readonly<Record<string, unknown>>;
  const all = list(value => value)(given, 'config.layers');
  const layers = className === 'Sequential' ? all : chainOf(config, all);
  const notes: string[] = [];
  const made: Layer[] = [];
  let open: unknown;
  for (const [i, layer] of layers.entries()) {
    const entry = readEntry(layer, `layers[${i}]`);
    const stated = inputShapeOf(entry.config);
    if (made.length === 0) open = stated ?? open;
    if (entry.className === 'InputLayer') {
      if (i > 0) throw new Error(`${entry.who} is not the first layer`);
      continue;
    }
    if (made.length > 0) made.push(readLayer(entry, undefined, version));
    else {
      const { shape, batch } = readInputShape(open ?? built, entry.who);
      if (batch !== undefined) notes.push(`its batches of ${batch} are not kept: batches may have any size`);
      made.push(readLayer(entry, shape, version));
    }
  }
  if (made.length === 0) throw new Error('it has no layers');
  return { model: sequential(made, { name: plainName(name, 'config.name'), seed: 0 }), notes };
}

/** A model in Keras' JSON: a Sequential, with the few fields that all releases of that Keras read; what is for Keras 2, Keras 3 mostly reads too. */
export function modelToKeras(stack: LayerStack, version: KerasVersion): Readonly<Record<string, unknown>> {
  const { name, layers, inputShape } = stack;
  const shape = [null, ...inputShape];
  const names = new Set(layers.map(layer => layer.name));
  let inputName = version === 2 ? `${layers[0]!.name}_input` : 'input_layer';
  while (names.has(inputName)) inputName += '_1';
  const input =
    version === 2
      ? { batch_input_shape: shape, dtype: 'float32', sparse: false, name: inputName }
      : { batch_shape: shape, dtype: 'float32', name: inputName };
  const entry = (className: string, config: object): object =>
    version === 2 ? { class_name: className, config } : { module: 'keras.layers', class_name: className, config, registered_name: null };
  const entries = layers.map(placed => entry(placed.layer.className, layerToKeras(placed, version)));
  return {
    ...(version === 3 && { module: 'keras' }),
    class_name: 'Sequential',
    config: { name, layers: [entry('InputLayer', input), ...entries] },
    ...(version === 3 && { registered_name: null }),
  };
}
