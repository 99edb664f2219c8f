import type { Model } from '../nn/base_model.js';
import { compileConfig } from '../nn/config.js';
import { withRecovery } from '../nn/recovery.js';
import type { Checkpoint } from './checkpoint.js';
import type { Extra, ModelBytes, ModelFile, ModelKind, WriteModelFile, WriteOptions } from './model_file.js';

/** Loaded when such a file is asked for. */
const WRITERS: Readonly<Partial<Record<ModelKind, () => Promise<WriteModelFile>>>> = {};

/** A model as a file of a kind, or a folder's files. The same model and date give the same bytes. */
export async function modelBytes(file: ModelFile, kind: ModelKind, options: WriteOptions = {}): Promise<ModelBytes> {
  const load = WRITERS[kind];
  if (!load) throw new Error(`models are not written as '${kind}'; wanted ${Object.keys(WRITERS).join(', ')}`);
  const write = await load();
  return write(file, options);
}

/** What a writer takes, of a checkpoint whose model is not compiled. */
export async function fileOfCheckpoint(checkpoint: Checkpoint): Promise<ModelFile> {
  const { kind, model, compile, step, moments, extra, notes, untrainable } = checkpoint;
  const weights = new Map(Object.entries(await model.getWeights()));
  return { kind, model, weights, compile, step, moments, extra, notes, untrainable };
}

/** What a writer takes, of a compiled model. */
export async function fileOfModel(model: Model, extra: Extra = {}): Promise<ModelFile> {
  const { executor, parameters } = model.compiled;
  const numbers = async (name: string, variable: Parameters<typeof executor.read>[0]): Promise<readonly [string, Float32Array]> => [
    name,
    Float32Array.from(await executor.read(variable)),
  ];
  return withRecovery(model, 'while a model was written', async () => {
    const weights = new Map<string, Float32Array>();
    const moments = new Map<string, Float32Array>();
    for (const { variable, slots } of parameters) {
      weights.set(...(await numbers(variable.name, variable)));
      for (const slot of Object.values(slots)) moments.set(...(await numbers(slot.name, slot)));
    }
    return { kind: 'safetensors', model, weights, compile: compileConfig(model.compiled), step: model.step, moments, extra, notes: [] };
  });
}
