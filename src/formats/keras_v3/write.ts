import { shown } from '../../nn/json.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import { pictureExtra } from '../extra.js';
import { type Hdf5Dataset, type Hdf5Group, writeHdf5 } from '../hdf5/hdf5.js';
import { leftOut } from '../keras/compile.js';
import { modelJson } from '../keras/model_json.js';
import { momentsOf } from '../keras/moments.js';
import type { ModelFile, WriteModelFile } from '../model_file.js';
import { writeZip } from '../zip.js';
import { MEMBERS, MOST_METADATA_BYTES } from './members.js';

/** All releases of Keras 3 read what is written; the oldest is named. */
const KERAS_VERSION = '3.0.0';

/**
 * A .keras file as Keras 3 reads it, and trains on: a zip of the config and the weights, with what the optimizer keeps. The names of classes stand in its
 * metadata, which Keras does not look at.
 */
export const writeKeras: WriteModelFile = async (file, { date = new Date(0), onNote = () => {} }) => {
  checkNames(file.model);
  for (const note of leftOut(file)) onNote(note);
  const config = modelJson(file.model, trainedBy(file));
  const text = (json: object): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
  const dated = { keras_version: KERAS_VERSION, date_saved: date.toISOString().slice(0, 19).replace('T', '@') };
  const full = text({ ...dated, ...pictureExtra(file.extra) });
  const fits = full.length <= MOST_METADATA_BYTES;
  if (!fits) onNote('the names of its classes are too long for its metadata: they are left out');
  return writeZip([
    [MEMBERS.metadata, fits ? full : text(dated)],
    [MEMBERS.config, text(config)],
    [MEMBERS.weights, await writeHdf5(groupsOf(file))],
  ]);
};

/** A .weights.h5 file as save_weights() of Keras 3 writes it. */
export const writeWeights: WriteModelFile = async file => {
  checkNames(file.model);
  return writeHdf5(groupsOf(file));
};

/** How the model is trained, where training can go on as it was. */
const trainedBy = ({ compile, untrainable }: ModelFile): ModelFile['compile'] => (untrainable === undefined ? compile : undefined);

/** Keras 3 takes '/' in a name for a path. */
function checkNames({ layers }: LayerStack): void {
  const bad = layers.find(({ name }) => name.includes('/'));
  if (bad) throw new Error(`Keras 3 takes no layer named ${shown(bad.name)}: wanted a name without '/'; write the model as .h5`);
}

const group = (members: Hdf5Group['members'], attributes?: Hdf5Group['attributes']): Hdf5Group => ({
  ...(members && { members }),
  ...(attributes && { attributes }),
});

/** Numbers in their order, named by it. */
const numbered = (datasets: readonly Hdf5Dataset[], name: string): Hdf5Group =>
  group(new Map([['vars', group(new Map(datasets.map((dataset, i) => [String(i), dataset])), { name })]]));

/** The weights file: a group for each layer, by its class and, from the second of a class on, its number; then the optimizer's. */
function groupsOf(file: ModelFile): Hdf5Group {
  const { model, weights } = file;
  const counts = new Map<string, number>();
  const layers = model.layers.map(({ name, layer, parameters }) => {
    const { kind } = layer.record;
    const before = counts.get(kind) ?? 0;
    counts.set(kind, before + 1);
    const datasets = parameters.map(weight => ({ shape: weight.shape, data: weights.get(weight.name)! }));
    return [before === 0 ? kind : `${kind}_${before}`, numbered(datasets, name)] as const;
  });
  const optimizer = optimizerOf(file);
  return group(
    new Map([
      ['layers', group(new Map(layers))],
      ...(optimizer ? [['optimizer', optimizer] as const] : []),
      ['vars', group(undefined, { name: model.name })],
    ]),
  );
}

/** Nothing where it has made no step; else iteration, learning rate unless it follows a schedule, and what is kept for each weight. */
function optimizerOf(file: ModelFile): Hdf5Group | undefined {
  const compile = trainedBy(file);
  if (!compile) return undefined;
  const { optimizer } = compile;
  const order = momentsOf(file.model, optimizer, 'keras3');
  if (file.step === 0 || !order.every(({ name }) => file.moments.has(name))) return undefined;
  const moments = order.map(({ weight, name }) => ({ shape: weight.shape, data: file.moments.get(name)! }));
  const step = { shape: [], data: BigInt64Array.of(BigInt(file.step)) };
  const rate = optimizer.schedule ? [] : [{ shape: [], data: Float32Array.of(optimizer.learningRate) }];
  return numbered([step, ...rate, ...moments], optimizer.name);
}
