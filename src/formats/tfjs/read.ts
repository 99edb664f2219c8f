import { object, parseJson, shown, text } from '../../nn/json.js';
import type { Sequential } from '../../nn/model.js';
import { readPictureExtra } from '../extra.js';
import { compileFromKeras, type KerasCompile, lossInput } from '../keras/compile.js';
import { modelFromKeras } from '../keras/config.js';
import { isObject } from '../keras/values.js';
import type { ModelSource, ReadModel, ReadModelFile } from '../model_file.js';
import { readManifest, type TensorGroup, type TensorSpec, tensorsOf } from './manifest.js';
import { checkShape, matchWeights } from './match.js';
import { inKerasWords, optimizerOfClass } from './optimizers.js';

type Fields = Readonly<Record<string, unknown>>;

/** Longer JSON is not parsed. */
const MOST_JSON_BYTES = 16 * 2 ** 20;

/** Reads a layers-model of TensorFlow.js: a model.json, of its converter or its own, and the files of weights beside it. */
export const readTfjs: ReadModelFile = async source => {
  const name = source.isFolder ? `${source.name}/model.json` : source.name;
  const json = await jsonOf(name, source);
  const topology = topologyOf(name, json);
  const version = typeof topology.keras_version === 'string' ? topology.keras_version : '2';
  const config = isObject(topology.model_config) ? topology.model_config : topology;
  const { model, notes } = modelFromKeras(name, config, Number.parseInt(version, 10) >= 3 ? 3 : 2);
  const groups = readManifest(json.weightsManifest, `${name}: weightsManifest`);
  const specs = groups.flatMap(({ weights }) => weights);
  // What the file has is compared with what the model wants before any of it is read.
  const matched = matchWeights(name, model.layers, specs);
  const numbers = await numbersOf(name, source, groups);
  const training = isObject(json.trainingConfig) ? json.trainingConfig : undefined;
  const compiled = training
    ? compileFromKeras(inKerasWords(training), model, 'probs')
    : compileFromKeras(topology.training_config, model, lossInput(version, text(topology.backend ?? 'tensorflow', `${name}: backend`)));
  const state = stateOf(model, compiled, training, specs, numbers);
  return {
    kind: 'tfjs',
    model,
    weights: new Map(model.weightSpecs.map(weight => [weight.name, numbers.get(matched.get(weight.name)!.name) as Float32Array])),
    extra: readPictureExtra(json.userDefinedMetadata, model),
    ...state,
    notes: [...notes, ...compiled.notes, ...state.notes],
  };
};

async function jsonOf(name: string, source: ModelSource): Promise<Fields> {
  const bytes = await source.read(source.isFolder ? 'model.json' : undefined);
  if (bytes.length > MOST_JSON_BYTES) throw new Error(`${name} has ${bytes.length} bytes, wanted at most ${MOST_JSON_BYTES}`);
  return object(parseJson(new TextDecoder().decode(bytes), name), name);
}

/** Keras' part of the file. It may be a text of JSON. */
function topologyOf(name: string, { format, modelTopology: given }: Fields): Fields {
  const what = `${name}: modelTopology`;
  const topology = typeof given === 'string' ? parseJson(given, what) : given;
  const isGraph = format === 'graph-model' || (isObject(topology) && topology.node !== undefined);
  if (isGraph) {
    throw new Error(
      `${name} is a graph-model of TensorFlow.js: a graph without layers; wanted a layers-model, as the converter makes of a Keras model without --output_format, or with tfjs_layers_model`,
    );
  }
  if (topology === undefined) throw new Error(`${name} is JSON without a model of TensorFlow.js: it has no modelTopology`);
  if (format !== undefined && format !== null && format !== 'layers-model') {
    throw new Error(`${name}: format is ${shown(format)}, wanted 'layers-model'`);
  }
  return object(topology, what);
}

async function numbersOf(
  name: string,
  source: ModelSource,
  groups: readonly TensorGroup[],
): Promise<Map<string, Float32Array | Int32Array>> {
  const numbers = new Map<string, Float32Array | Int32Array>();
  for (const group of groups) {
    const files: Uint8Array[] = [];
    for (const path of group.paths) files.push(await source.read(path));
    for (const [tensor, values] of tensorsOf(name, group, files)) numbers.set(tensor, values);
  }
  return numbers;
}

type State = Pick<ReadModel, 'compile' | 'step' | 'moments' | 'untrainable' | 'notes'>;

/** Where the optimizer stands. TensorFlow.js goes by the order of what it keeps, not by names. */
function stateOf(
  model: Sequential,
  { compile, untrainable }: KerasCompile,
  training: Fields | undefined,
  specs: readonly TensorSpec[],
  numbers: ReadonlyMap<string, Float32Array | Int32Array>,
): State {
  const start = { compile, step: 0, moments: new Map<string, Float32Array>(), untrainable, notes: [] };
  const kept = specs.filter(({ group }) => group === 'optimizer');
  if (!compile || untrainable !== undefined) return start;
  if (kept.length === 0) return { ...start, notes: ['it has nothing of the optimizer, which begins anew where training goes on'] };
  const kind = optimizerOfClass(isObject(training?.optimizer_config) ? training.optimizer_config.class_name : undefined);
  const broken = (why: string): State => ({ ...start, untrainable: `what it has of the optimizer ${why}` });
  const [first, ...slots] = kept;
  const step = numbers.get(first!.name)!;
  if (!kind || !(step instanceof Int32Array) || step.length !== 1 || step[0]! < 0) return broken('does not begin with a count of steps');
  const weights = model.weightSpecs.filter(({ trainable }) => trainable);
  if (slots.length === 0 && step[0] === 0) return start;
  if (slots.length !== kind.slots.length * weights.length) {
    return broken(`is ${slots.length} tensors, wanted ${kind.slots.length} for each of the ${weights.length} weights that are trained`);
  }
  const { learningRate } = compile.optimizer;
  const scale = kind.scale?.(learningRate);
  const moments = new Map<string, Float32Array>();
  for (const [i, spec] of slots.entries()) {
    const weight = weights[i % weights.length]!;
    const [slot] = kind.slots[Math.floor(i / weights.length)]!;
    try {
      checkShape('it', spec, weight.shape);
    } catch (error) {
      return broken(`does not fit: ${(error as Error).message}`);
    }
    const values = numbers.get(spec.name) as Float32Array;
    moments.set(`${weight.name}.${slot}`, scale === undefined ? values : values.map(value => value * scale));
  }
  const notes = compile.optimizer.name === 'adam' ? [EPSILON_NOTE] : [];
  return { ...start, step: step[0]!, moments, notes };
}

const EPSILON_NOTE =
  "TensorFlow.js' Adam adds epsilon to another root than Keras': with small gradients the steps from here on are other ones than there";
