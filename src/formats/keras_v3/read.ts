import { object, parseJson, shown } from '../../nn/json.js';
import { readPictureExtra } from '../extra.js';
import { withHdf5 } from '../hdf5/hdf5.js';
import { compileFromKeras } from '../keras/compile.js';
import { modelFromKeras } from '../keras/config.js';
import type { ReadModelFile } from '../model_file.js';
import { Zip } from '../zip.js';
import { MEMBERS, MOST_METADATA_BYTES } from './members.js';
import { weightBytes } from './weights.js';
import { readNumbers } from './weights_file.js';

type Json = Readonly<Record<string, unknown>>;

/** Other ways to keep weights in such a file. */
const OTHER_WEIGHTS = ['model.weights.npz', 'model.weights.json'];

const MOST_CONFIG_BYTES = 16 * 2 ** 20;

/** Besides numbers, a weights file has groups and names. Numbers: weights, what an optimizer keeps for them, and as much again. */
const MOST_OTHER_BYTES = 16 * 2 ** 20;
const MOST_TIMES = 4;

/** Reads a .keras file of Keras 3 or tf_keras: a zip of the config and a weights file. */
export const readKeras: ReadModelFile = async source => {
  const { name } = source;
  const zip = new Zip(name, await source.read());
  if (!zip.has(MEMBERS.config)) {
    const others = zip.names().slice(0, 5).map(shown).join(', ');
    throw new Error(
      `${name} is a zip without ${MEMBERS.config} (it has ${others || 'nothing'}): wanted a .keras file, as model.save() of Keras writes it`,
    );
  }
  const config = jsonOf(zip, name, MEMBERS.config, MOST_CONFIG_BYTES);
  const metadata = zip.has(MEMBERS.metadata) ? jsonOf(zip, name, MEMBERS.metadata, MOST_METADATA_BYTES) : {};
  const { model, notes } = modelFromKeras(name, config, isKeras2(metadata, config) ? 2 : 3);
  if (!zip.has(MEMBERS.weights)) {
    const other = zip.names().find(each => OTHER_WEIGHTS.includes(each));
    throw new Error(
      `${name} has no ${MEMBERS.weights}${other === undefined ? '' : `: its weights are in ${other}, which is not read`}; wanted a .keras file with its weights as HDF5`,
    );
  }
  const weights = zip.read(MEMBERS.weights, MOST_TIMES * weightBytes(model) + MOST_OTHER_BYTES);
  const compiled = compileFromKeras(config.compile_config, model);
  const what = `${MEMBERS.weights} of ${name}`;
  const numbers = await withHdf5(what, weights, file => readNumbers(what, file, model, compiled));
  return { kind: 'keras', extra: readPictureExtra(metadata, model), ...numbers, notes: [...notes, ...numbers.notes] };
};

function jsonOf(zip: Zip, name: string, member: string, most: number): Json {
  const what = `${member} of ${name}`;
  return object(parseJson(new TextDecoder().decode(zip.read(member, most)), what), what);
}

/** Whether tf_keras wrote it; by its words where the file does not say. */
function isKeras2({ keras_version: version }: Json, config: Json): boolean {
  return version === undefined ? JSON.stringify(config).includes('"batch_input_shape"') : String(version).startsWith('2.');
}
