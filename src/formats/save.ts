import type { Model } from '../nn/base_model.js';
import { compileConfig } from '../nn/config.js';
import { checkFinite } from '../nn/finite.js';
import { withRecovery } from '../nn/recovery.js';
import type { Extra, ModelBytes, ModelFile, ModelKind, WriteModelFile, WriteOptions } from './model_file.js';

/** What files say of when they were written, unless they are told: then the same model is the same bytes. Zips know no earlier one. */
const FIRST_DATE = new Date('1980-01-01T00:00:00Z');

/** Loaded when such a file is asked for. */
const WRITERS: Readonly<Partial<Record<ModelKind, () => Promise<WriteModelFile>>>> = {
  safetensors: async () => {
    const { checkpointBytes } = await import('./checkpoint_bytes.js');
    return async file => checkpointBytes(file);
  },
  h5: async () => (await import('./h5/write.js')).writeHdf5Model,
  keras: async () => (await import('./keras_v3/write.js')).writeKeras,
  'weights.h5': async () => (await import('./keras_v3/write.js')).writeWeights,
  tfjs: async () => (await import('./tfjs/write.js')).writeTfjs,
  onnx: async () => (await import('./onnx/file.js')).writeOnnxFile,
};

/**
 * A model as a file of a kind, or a folder's files. The same model and date give the same bytes. Throws where one of its numbers is not finite: no program
 * gets such a file from this one.
 */
export async function modelBytes(file: ModelFile, kind: ModelKind, options: WriteOptions = {}): Promise<ModelBytes> {
  const load = WRITERS[kind];
  if (!load) throw new Error(`models are not written as '${kind}'; wanted ${Object.keys(WRITERS).join(', ')}`);
  checkFile('the model', file);
  const write = await load();
  return write(file, { ...options, date: options.date ?? FIRST_DATE });
}

/** What a writer takes, of a compiled model. */
export async function fileOfModel(model: Model, extra: Extra = {}): Promise<ModelFile> {
  const { executor, parameters } = model.compiled;
  const numbers = async (name: string, variable: Parameters<typeof executor.read>[0]): Promise<readonly [string, Float32Array]> => [
    name,
    Float32Array.from(await executor.read(variable)),
  ];
  return withRecovery(model, 'while a checkpoint was written', async () => {
    const weights = new Map<string, Float32Array>();
    const moments = new Map<string, Float32Array>();
    for (const { variable, slots } of parameters) {
      weights.set(...(await numbers(variable.name, variable)));
      for (const slot of Object.values(slots)) moments.set(...(await numbers(slot.name, slot)));
    }
    const { step, rowsTrained, training } = model;
    const compile = compileConfig(model.compiled);
    return { kind: 'safetensors', model, weights, compile, step, rowsTrained, training, moments, extra, notes: [] };
  });
}

/** Throws at the first number of a model that is not finite. `who` begins the message. */
export function checkFile(who: string, { weights, moments }: ModelFile): void {
  for (const [name, values] of [...weights, ...moments]) checkFinite(who, name, values);
}
