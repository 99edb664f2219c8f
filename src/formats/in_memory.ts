import type { Executor } from '../engine/executor.js';
import type { Model } from '../nn/base_model.js';
import type { Sequential } from '../nn/model.js';
import { type Checkpoint, compileCheckpoint } from './checkpoint.js';
import type { Extra, ModelBytes, ModelKind, OpenOptions, WriteOptions } from './model_file.js';
import { openModel } from './open.js';
import { fileOfModel, modelBytes } from './save.js';
import { bytesSource } from './source.js';

export interface LoadOptions extends OpenOptions {
  /** What computes; default the machine's GPU. */
  readonly executor?: Executor | undefined;
  /** Told what is odd of the file: sentences without its name. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** A checkpoint's model, compiled as its file says, with the optimizer where it stood. */
export async function compileLoaded(checkpoint: Checkpoint, { executor, onNote }: LoadOptions): Promise<Sequential> {
  for (const note of checkpoint.notes) onNote?.(note);
  if (checkpoint.untrainable !== undefined) onNote?.(`training can't go on with it: ${checkpoint.untrainable}`);
  return compileCheckpoint(checkpoint, executor);
}

/** A compiled model as a file of a kind, or a folder's files by their names. The same model is the same bytes. */
export async function writeModel(
  model: Model,
  kind: ModelKind,
  { extra, ...options }: WriteOptions & { readonly extra?: Extra } = {},
): Promise<ModelBytes> {
  return modelBytes(await fileOfModel(model, extra), kind, options);
}

/** A model of any kind from a file's bytes, or from a folder's files by their names, compiled as it says. `name` is for messages. */
export async function readModel(
  name: string,
  content: Uint8Array | ReadonlyMap<string, Uint8Array>,
  options: LoadOptions = {},
): Promise<Sequential> {
  return compileLoaded(await openModel(bytesSource(name, content), options), options);
}
