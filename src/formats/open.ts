import type { Checkpoint } from './checkpoint.js';
import { checkpointOf, readCheckpoint } from './checkpoint.js';
import { type FileKind, kindOfFile, kindOfFolder } from './kinds.js';
import type { ModelSource, OpenOptions, ReadModelFile } from './model_file.js';

type Kind = Exclude<FileKind, 'safetensors'> | 'savedmodel' | 'tfjs';

/** Loaded when such a file is met. */
const READERS: Readonly<Partial<Record<Kind, () => Promise<ReadModelFile>>>> = {
  zip: async () => (await import('./keras_v3/read.js')).readKeras,
  hdf5: async () => (await import('./h5/read.js')).readHdf5Model,
  json: async () => (await import('./tfjs/read.js')).readTfjs,
  tfjs: async () => (await import('./tfjs/read.js')).readTfjs,
  savedmodel: async () => (await import('./saved_model/read.js')).readSavedModel,
};

const KNOWN = 'a model file (HDF5, .keras, TensorFlow.js, safetensors)';

/** A model from a file or folder of any kind; what it is, its first bytes say. Throws, naming the file, where it can't be read. */
export async function openModel(source: ModelSource, options: OpenOptions = {}): Promise<Checkpoint> {
  if (source.isFolder) return read(await kindOfFolder(source), source, options);
  const bytes = await source.read();
  const kind = kindOfFile(source.name, bytes);
  if (kind === 'safetensors') return readCheckpoint(source.name, bytes, source.name.endsWith('.safetensors') ? undefined : KNOWN);
  return read(
    kind,
    { ...source, names: () => source.names(), read: path => (path === undefined ? Promise.resolve(bytes) : source.read(path)) },
    options,
  );
}

async function read(kind: Kind, source: ModelSource, options: OpenOptions): Promise<Checkpoint> {
  const load = READERS[kind];
  if (!load) throw new Error(`${source.name}: files of kind '${kind}' are not read yet`);
  const reader = await load();
  return checkpointOf(source.name, await reader(source, options));
}
