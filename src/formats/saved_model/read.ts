import { object, parseJson, shown } from '../../nn/json.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import { compileFromKeras, type KerasCompile } from '../keras/compile.js';
import { modelFromKeras } from '../keras/config.js';
import { momentsOf } from '../keras/moments.js';
import type { ModelSource, ReadModel, ReadModelFile } from '../model_file.js';
import { Bundle, FILES } from './bundle.js';
import { rootOfGraph, rootOfMetadata } from './metadata.js';

/** Longer JSON is not parsed. */
const MOST_METADATA_BYTES = 16 * 2 ** 20;

/** What Keras notes of models whose layers it keeps: Sequential ones and functional ones. */
const WITH_LAYERS = ['_tf_keras_sequential', '_tf_keras_network'];

/**
 * Reads a SavedModel folder that model.save() of tf.keras left: architecture and training from Keras' metadata, weights and the optimizer's state from the
 * variables. Of the folder no other files are opened than those four; its graphs are neither looked at nor run.
 */
export const readSavedModel: ReadModelFile = async source => {
  const { name } = source;
  const metadata = await metadataOf(source);
  const { model, notes } = modelFromKeras(name, metadata.model_config ?? metadata, 2);
  const compiled = compileFromKeras(metadata.training_config, model, 'logits');
  const bundle = new Bundle(name, await source.read(FILES.index), await source.read(FILES.data));
  const keys = keysOf(model);
  const weights = new Map(
    model.weightSpecs.map(weight => [weight.name, bundle.float32(keys.get(weight.name)!, weight.shape, `'${weight.name}'`)]),
  );
  const state = stateOf(bundle, model, compiled, keys);
  return { kind: 'savedmodel', model, weights, extra: {}, ...state, notes: [...notes, ...compiled.notes] };
};

/** The JSON that Keras keeps of the model. */
async function metadataOf(source: ModelSource): Promise<Readonly<Record<string, unknown>>> {
  const { name } = source;
  const file = (await source.names()).includes(FILES.metadata) ? FILES.metadata : FILES.graph;
  const read = file === FILES.metadata ? rootOfMetadata : rootOfGraph;
  const root = read(`${name}/${file}`, await source.read(file));
  if (!root?.identifier.startsWith('_tf_keras_')) {
    throw new Error(
      `${name} is a SavedModel without Keras' metadata, as export() and tf.saved_model.save() leave it: a graph without layers; wanted what model.save() of tf.keras leaves, or save the model as .h5 or .keras`,
    );
  }
  if (root.metadata.length > MOST_METADATA_BYTES) {
    throw new Error(`${name}/${file}: Keras' metadata has ${root.metadata.length} bytes, wanted at most ${MOST_METADATA_BYTES}`);
  }
  const what = `${name}/${file}: Keras' metadata of the model`;
  const json = object(parseJson(root.metadata, what), what);
  if (WITH_LAYERS.includes(root.identifier)) return json;
  throw new Error(
    `${name} is a model of a class of its author's, ${shown(json.class_name)} (${shown(root.identifier)}): its layers are not in the file; wanted a Sequential model, or a Functional one that is a chain`,
  );
}

/** Where TensorFlow keeps each weight: layers with weights are counted. */
function keysOf(model: LayerStack): ReadonlyMap<string, string> {
  const layers = model.layers.filter(({ parameters }) => parameters.length > 0);
  return new Map(layers.flatMap(({ parameters }, k) => parameters.map(({ name, part }) => [name, `layer_with_weights-${k}/${part}`])));
}

type State = Pick<ReadModel, 'compile' | 'step' | 'moments' | 'untrainable'>;

const NO_STATE = { step: 0, moments: new Map<string, Float32Array>() } as const;

/** How the model is trained and where its optimizer stands: legacy optimizers keep slots beside the weights, those from 2.11 on a list. */
function stateOf(bundle: Bundle, model: LayerStack, { compile, untrainable }: KerasCompile, keys: ReadonlyMap<string, string>): State {
  if (!compile || untrainable !== undefined) return { ...NO_STATE, compile, untrainable };
  const isLegacy = bundle.has('optimizer/iter');
  const iteration = isLegacy ? 'optimizer/iter' : 'optimizer/_iterations';
  const { optimizer } = compile;
  const order = momentsOf(model, optimizer, isLegacy ? 'legacy' : 'tf');
  const places = order.map(({ weight, kerasSlot }, i) =>
    isLegacy ? `${keys.get(weight.name)}/.OPTIMIZER_SLOT/optimizer/${kerasSlot}` : `optimizer/_variables/${i + 1}`,
  );
  if (!bundle.has(iteration)) return { ...NO_STATE, compile, untrainable };
  const step = bundle.whole(iteration, 'the iteration');
  // An optimizer that has made no step has no slots yet.
  if (step === 0n && !places.some(place => bundle.has(place))) return { ...NO_STATE, compile, untrainable };
  if (step < 0n || step > Number.MAX_SAFE_INTEGER)
    throw new Error(`${bundle.name}: the optimizer's iteration is ${step}, wanted a count of steps`);
  const moments = order.map(
    ({ weight, name }, i) => [name, bundle.float32(places[i]!, weight.shape, `the optimizer's '${name}'`)] as const,
  );
  // It may have been changed since the optimizer was made; of a schedule there is none.
  const rate = isLegacy ? 'optimizer/learning_rate' : 'optimizer/_learning_rate';
  const learningRate = bundle.has(rate) ? bundle.float32(rate, [], 'the learning rate')[0]! : optimizer.learningRate;
  if (!(learningRate >= 0 && learningRate < Infinity))
    throw new Error(`${bundle.name}: the learning rate is ${learningRate}, wanted a number from 0 on`);
  return { compile: { ...compile, optimizer: { ...optimizer, learningRate } }, step: Number(step), moments: new Map(moments), untrainable };
}
