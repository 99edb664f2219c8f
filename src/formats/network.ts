import type { KerasVersion } from '../nn/activations/record.js';
import { object, parseJson, shown } from '../nn/json.js';
import type { Checkpoint } from './checkpoint.js';
import { kindOfFile } from './kinds.js';
import type { ModelSource } from './model_file.js';
import { openModel } from './open.js';

/** A model whose layers are wanted, perhaps its weights too. */
export interface Network extends Checkpoint {
  /** Whether the file has weights; else they are first ones. */
  readonly hasWeights: boolean;
}

/** No config of a model is nearly as large. */
const MOST_BYTES = 16 * 2 ** 20;

/** A network from a model file of any kind, or from the JSON that Keras' model.to_json() gives, which has no weights; Keras 3's also says how it is trained. */
export async function openNetwork(source: ModelSource): Promise<Network> {
  if (!source.isFolder) {
    const bytes = await source.read();
    const found = kindOfFile(source.name, bytes) === 'json' ? await layersOf(source.name, bytes) : undefined;
    if (found) return found;
  }
  return { ...(await openModel(source)), hasWeights: true };
}

/** The network of such a JSON. Throws where it is none. */
export async function readNetworkJson(name: string, bytes: Uint8Array): Promise<Network> {
  const found = await layersOf(name, bytes);
  if (!found) throw new Error(`${name} is not a network file: wanted Keras' JSON of a model, as the studio's page exports it`);
  return found;
}

/** Of the JSON of a config; none where it is a file of another kind, as TensorFlow.js' model.json. */
async function layersOf(name: string, bytes: Uint8Array): Promise<Network | undefined> {
  if (bytes.length > MOST_BYTES) throw new Error(`${name} is JSON of ${bytes.length} bytes, wanted the config of a model`);
  const json = object(parseJson(new TextDecoder().decode(bytes), name), name);
  if (json.class_name === undefined) return undefined;
  if (typeof json.class_name !== 'string') throw new Error(`${name}: class_name is ${shown(json.class_name)}, wanted the class of a model`);
  // Loaded when such a file is met.
  const [{ modelFromKeras }, { compileFromKeras }] = await Promise.all([import('./keras/config.js'), import('./keras/compile.js')]);
  const { model, notes } = modelFromKeras(name, json, versionOf(json));
  // How a loss is computed where the file does not say it is news for weights that were trained by it, and these are new.
  const { notes: _, ...trained } = compileFromKeras(json.compile_config, model, 'logits');
  const nothing = { step: 0, rowsTrained: 0, training: undefined, extra: {}, moments: new Map() };
  return { kind: 'keras', model, notes, ...trained, ...nothing, hasWeights: false };
}

/** Which Keras wrote a config: Keras 3 names the modules of classes. */
const versionOf = ({ keras_version: version, module }: Readonly<Record<string, unknown>>): KerasVersion =>
  version === undefined ? (module === undefined ? 2 : 3) : String(version).startsWith('2.') ? 2 : 3;
