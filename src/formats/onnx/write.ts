import type { Shape } from '../../engine/shape.js';
import { shown } from '../../nn/json.js';
import type { LayerStack, PlacedLayer } from '../../nn/layer_stack.js';
import { splitWeightOptions } from '../../nn/layers/weight_options.js';
import type { OnnxInput } from '../model_file.js';
import { ONNX_ACTIVATIONS } from './activations.js';
import { Graph } from './graph.js';
import { ONNX_LAYERS } from './layers.js';
import { modelBytes } from './messages.js';

export interface OnnxOptions {
  readonly input?: OnnxInput | undefined;
  /** Of this program. */
  readonly version?: string | undefined;
  /** Texts to be kept beside the model. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

const BATCH = 'N';

/**
 * A model as an ONNX file (opset 13): what it computes in inference, from pictures to what its last layer gives. `weights` by name. Throws at a layer or
 * activation that has no form there.
 */
export function writeOnnx(
  model: LayerStack,
  weights: ReadonlyMap<string, Float32Array>,
  options: OnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const { input = {}, version = '', metadata = {} } = options;
  const { name: inputName = 'image', channelsFirst = false, rescale, type = 'float32' } = input;
  const { inputShape, outputShape } = model;
  if (inputName === '') throw new Error('the input has an empty name');
  if (channelsFirst && inputShape.length !== 3)
    throw new Error(`its input is [${inputShape.join(', ')}], which has no channels to come first`);
  if (type === 'uint8' && rescale === undefined) throw new Error('an input of bytes is to be rescaled in the file; wanted a rescale');
  const graph = new Graph(inputName, inputShape, channelsFirst);
  if (type === 'uint8') graph.put('Cast', { to: 1 });
  if (rescale !== undefined) graph.put('Mul', {}, graph.scalar('rescale', rescale));
  for (const layer of model.layers) {
    graph.scope = layer.name;
    try {
      putLayer(graph, layer, weights);
    } catch (error) {
      throw new Error(`layer ${shown(layer.name)} (${layer.layer.className}) cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  graph.scope = 'output';
  graph.toChannelsLast();
  // A node of its own where the last layer computes nothing.
  if (graph.nodes.length === 0) graph.put('Identity');
  graph.finish(model.layers.at(-1)!.layer.activation?.hasLogits ? 'probabilities' : 'output');
  const axes = (shape: Shape): (number | string)[] => [BATCH, ...shape];
  const [height, width, channels] = inputShape;
  return modelBytes({
    name: model.name,
    version,
    nodes: graph.nodes,
    constants: graph.constants,
    input: { name: inputName, type, shape: axes(channelsFirst ? [channels!, height!, width!] : inputShape) },
    output: { name: graph.value, type: 'float32', shape: axes(outputShape) },
    metadata,
  });
}

function putLayer(
  graph: Graph,
  { layer, name, inputShape, outputShape, parameters }: PlacedLayer,
  weights: ReadonlyMap<string, Float32Array>,
): void {
  const { record } = layer;
  const { activation = 'linear' } = layer.config;
  const put = ONNX_LAYERS.get(record.kind);
  if (!put) throw new Error('ONNX files of this program have no form for it');
  const putActivation = ONNX_ACTIVATIONS.get(activation);
  if (!putActivation) throw new Error(`ONNX files of this program have no form for its activation '${activation}'`);
  // Reading fills in what is left out. How weights begin and are held small is training's.
  const config = record.config(splitWeightOptions(layer.config, 'config').rest, 'config');
  put(config, {
    graph,
    inputShape,
    outputShape,
    window: record.window?.(layer.config, [1, ...inputShape]),
    weight(part) {
      const { shape, name: full } = parameters.find(each => each.part === part) ?? {};
      if (!shape || !full) throw new Error(`${name} has no weight '${part}'`);
      return { shape, data: weights.get(full)! };
    },
  });
  graph.shape = outputShape;
  putActivation(graph);
}
