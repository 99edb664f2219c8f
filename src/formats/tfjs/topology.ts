import { shown } from '../../nn/json.js';
import type { LayerStack, PlacedLayer } from '../../nn/layer_stack.js';
import { modelToKeras } from '../keras/config.js';
import { isObject } from '../keras/values.js';

type Fields = Readonly<Record<string, unknown>>;

/** What TensorFlow.js has not, of the layers and activations that there are here; it would open no file with them. */
const NO_LAYERS: readonly string[] = ['SpatialDropout2D'];
const NO_ACTIVATIONS: readonly string[] = ['leaky_relu', 'exponential'];

/** Why TensorFlow.js can't have a layer; nothing where it can. */
function faultOf({ layer }: PlacedLayer): string | undefined {
  const { className, config } = layer;
  if (NO_LAYERS.includes(className)) return 'has no such layers';
  if (config.activation !== undefined && NO_ACTIVATIONS.includes(config.activation)) return `has no activation '${config.activation}'`;
  if (className === 'ELU' && config.alpha !== 1) return 'has an ELU of alpha 1 alone';
  const isPlainRelu = className !== 'ReLU' || (!config.negativeSlope && !config.threshold);
  return isPlainRelu ? undefined : 'has a ReLU with max_value alone, no slope and no threshold';
}

/** A model in the words of Keras 2 that TensorFlow.js reads. Throws, naming the layer, where it has none for it. */
export function topologyOf(model: LayerStack): Fields {
  for (const placed of model.layers) {
    const fault = faultOf(placed);
    if (fault === undefined) continue;
    throw new Error(`layer ${shown(placed.name)} (${placed.layer.className}) cannot be written: TensorFlow.js ${fault}`);
  }
  return inItsWords(modelToKeras(model, 2)) as Fields;
}

/** It knows one class of regularizers. */
function inItsWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inItsWords);
  if (!isObject(value)) return value;
  const { class_name: className, config } = value;
  if ((className === 'L1' || className === 'L2') && isObject(config)) return { class_name: 'L1L2', config: { l1: 0, l2: 0, ...config } };
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inItsWords(each)]));
}
