import type { Executor } from '../engine/executor.js';
import { type CompileConfig, compileConfig, type ModelConfig, modelConfig, modelFromConfig, optimizerFromConfig } from '../nn/config.js';
import type { FitState } from '../nn/fit.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.js';

/** What a program keeps with a model besides its numbers: class names, how images were scaled, callbacks' states. JSON. */
export type Extra = Readonly<Record<string, unknown>>;

/** A checkpoint's JSON: everything but weights and moments that decides the rest of a run. */
interface Header {
  readonly format: 1;
  readonly model: ModelConfig;
  readonly compile: CompileConfig;
  readonly step: number;
  readonly rowsTrained: number;
  readonly training: FitState | undefined;
  readonly extra: Extra;
}

export interface Checkpoint {
  /** The model, not yet compiled, with the file's weights. */
  readonly model: Sequential;
  readonly compile: CompileConfig | undefined;
  readonly step: number;
  readonly rowsTrained: number;
  readonly training: FitState | undefined;
  readonly extra: Extra;
  /** The optimizer's variables, by name. */
  readonly moments: Readonly<Record<string, StoredTensor>>;
}

/**
 * A compiled model as one safetensors file: weights by name ('conv2d.kernel'), the optimizer's variables ('conv2d.kernel.moment'), and as JSON in the
 * header how the model is made and compiled, its steps so far and where its training stands.
 */
export async function writeCheckpoint(model: Sequential, extra: Extra = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { compiled } = model;
  const tensors: Record<string, StoredTensor> = {};
  const read = async (variable: {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: 'float32' | 'uint32' | 'uint8';
  }): Promise<void> => {
    tensors[variable.name] = { shape: variable.shape, data: (await compiled.executor.read(variable)) as Float32Array };
  };
  for (const { variable } of compiled.parameters) await read(variable);
  for (const { slots } of compiled.parameters) for (const slot of Object.values(slots)) await read(slot);
  const header: Header = {
    format: 1,
    model: modelConfig(model),
    compile: compileConfig(compiled),
    step: model.step,
    rowsTrained: model.rowsTrained,
    training: model.training,
    extra,
  };
  return writeSafetensors({ tensors, metadata: { wgrad: JSON.stringify(header) } });
}

/**
 * Reads a checkpoint. A file with weights only is taken for the face-mask network, whose weights' names it must have.
 * `name` is for error messages.
 */
export function readCheckpoint(name: string, file: Uint8Array): Checkpoint {
  const { tensors, metadata } = readSafetensors(name, file);
  const { wgrad } = metadata;
  if (wgrad === undefined) {
    const model = faceMaskNetwork();
    setWeights(name, model, tensors);
    return { model, compile: undefined, step: 0, rowsTrained: 0, training: undefined, extra: {}, moments: {} };
  }
  const header = JSON.parse(wgrad) as Header;
  if (header.format !== 1) throw new Error(`${name} is a checkpoint of format ${header.format}; this version reads format 1`);
  const model = modelFromConfig(header.model);
  const names = new Set(model.weightSpecs.map(spec => spec.name));
  const weights = Object.fromEntries(Object.entries(tensors).filter(([tensor]) => names.has(tensor)));
  const moments = Object.fromEntries(Object.entries(tensors).filter(([tensor]) => !names.has(tensor)));
  setWeights(name, model, weights);
  const { compile, step, rowsTrained, training, extra } = header;
  return { model, compile, step, rowsTrained, training, extra, moments };
}

function setWeights(name: string, model: Sequential, tensors: Readonly<Record<string, StoredTensor>>): void {
  try {
    model.setWeights(Object.fromEntries(Object.entries(tensors).map(([tensor, { data }]) => [tensor, data])));
  } catch (error) {
    throw new Error(`${name}: its weights do not fit the model: ${(error as Error).message}`);
  }
}

/** Compiles a checkpoint's model as it was, with the optimizer where it stood. `learningRate` overrides the saved one. */
export async function compileCheckpoint(checkpoint: Checkpoint, executor: Executor, learningRate?: number): Promise<Sequential> {
  const { model, compile, step, rowsTrained, training, moments } = checkpoint;
  const optimizer = compile && optimizerFromConfig({ ...compile.optimizer, learningRate: learningRate ?? compile.optimizer.learningRate });
  await model.compile({
    loss: compile?.loss ?? 'binaryCrossentropy',
    metrics: compile?.metrics ?? ['acc'],
    executor,
    ...(optimizer && { optimizer }),
  });
  for (const { slots } of model.compiled.parameters) {
    for (const slot of Object.values(slots)) {
      const stored = moments[slot.name];
      if (stored) executor.write(slot, stored.data as Float32Array);
    }
  }
  model.step = step;
  model.rowsTrained = rowsTrained;
  model.training = training;
  return model;
}
