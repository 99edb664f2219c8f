import type { Executor } from '../engine/executor.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../engine/shape.js';
import type { Variable } from '../engine/tensor.js';
import { type Model, slotsOf } from '../nn/base_model.js';
import { type CompileConfig, optimizerFromConfig } from '../nn/config.js';
import { checkFinite, firstNonFinite } from '../nn/finite.js';
import type { FitState } from '../nn/fit_state.js';
import { shown } from '../nn/json.js';
import type { Weight } from '../nn/layer_stack.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { OPTIMIZERS } from '../nn/optimizers.js';
import { checkpointBytes } from './checkpoint_bytes.js';
import { readHeader } from './header.js';
import type { Extra, ModelFile, ModelKind, ReadModel } from './model_file.js';
import { readSafetensors, type StoredTensor } from './safetensors.js';
import { checkFile, fileOfModel } from './save.js';

export interface Checkpoint {
  /** What it was read from. */
  readonly kind: ModelKind;
  /** The model, not yet compiled, with the file's weights. */
  readonly model: Sequential;
  readonly compile: CompileConfig | undefined;
  readonly step: number;
  readonly rowsTrained: number;
  readonly training: FitState | undefined;
  readonly extra: Extra;
  /** The optimizer's variables, by name; none in a file of weights only. */
  readonly moments: ReadonlyMap<string, Float32Array>;
  /** What a user should be told once: sentences without the file's name. */
  readonly notes: readonly string[];
  /** Why training can't go on with it, where it can't: its weights are good all the same. */
  readonly untrainable?: string | undefined;
}

/** A compiled model as one safetensors file: see checkpointBytes(). Throws where one of its numbers is not finite. */
export async function writeCheckpoint(model: Model, extra: Extra = {}): Promise<Uint8Array<ArrayBuffer>> {
  const file = await fileOfModel(model, extra);
  checkFile('the model', file);
  return checkpointBytes(file);
}

/**
 * Reads a checkpoint. A file with weights only is taken for the face-mask network, whose weights' names it must have. Throws where the file has another
 * tensor than the model wants, a number that is not finite, or a header that could not have been written. For error messages: `name`, and `kind`, which is
 * what a file that is something else is not.
 */
export function readCheckpoint(name: string, file: Uint8Array, kind?: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(name, file, kind);
  const { wgrad } = metadata;
  if (wgrad === undefined) {
    const model = faceMaskNetwork();
    model.setWeights(Object.fromEntries(numbersOf(name, tensors, model.weightSpecs)));
    return { ...OWN, model, compile: undefined, step: 0, rowsTrained: 0, training: undefined, extra: FACE_MASK, moments: new Map() };
  }
  const { model, compile, ...header } = readHeader(name, wgrad);
  const wanted = model.weightSpecs;
  const slotsFor = (weight: Weight): Readonly<Record<string, Variable>> => (compile ? slotsOf(weight, compile.optimizer) : {});
  const numbers = numbersOf(name, tensors, [...wanted, ...wanted.flatMap(weight => Object.values(slotsFor(weight)))]);
  model.setWeights(Object.fromEntries(wanted.map(weight => [weight.name, numbers.get(weight.name)!])));
  for (const weight of wanted) {
    numbers.delete(weight.name);
    const slots = slotsFor(weight);
    for (const [slot, { isPositive }] of Object.entries(compile ? OPTIMIZERS[compile.optimizer.name].slots : {})) {
      if (isPositive) checkPositive(name, slots[slot], numbers);
    }
  }
  return { ...OWN, compile, model, ...header, moments: numbers };
}

/** What the face-mask network tells apart. */
const FACE_MASK = { classes: ['with_mask', 'without_mask'] };

const OWN = { kind: 'safetensors', notes: [] } as const;

/** A checkpoint of what another program's file holds. Numbers that are not finite are taken as they are, and noted. `name` is for error messages. */
export function checkpointOf(name: string, { weights, ...file }: ReadModel): Checkpoint {
  const notes = [...file.notes];
  for (const { name: weight, shape } of file.model.weightSpecs) {
    const found = weights.get(weight);
    if (found?.length !== sizeOf(shape))
      throw new Error(`${name}: '${weight}' has ${found?.length ?? 'no'} numbers, wanted ${sizeOf(shape)}`);
    const odd = firstNonFinite(found);
    if (odd >= 0) notes.push(`'${weight}'[${odd}] is ${found[odd]}: what is computed with it is not a number either`);
  }
  file.model.setWeights(Object.fromEntries(weights), { allowNotFinite: true });
  return { ...file, rowsTrained: 0, training: undefined, notes };
}

/** The numbers of the wanted tensors by name. Throws unless the file has exactly these, in float32, each of its shape and all of it finite. */
function numbersOf(file: string, tensors: ReadonlyMap<string, StoredTensor>, wanted: readonly Variable[]): Map<string, Float32Array> {
  const names = new Set(wanted.map(({ name }) => name));
  const missing = [...names].filter(name => !tensors.has(name));
  const unknown = [...tensors.keys()].filter(name => !names.has(name));
  if (missing.length + unknown.length > 0) {
    throw new Error(`${file}: its weights do not fit the model: missing: ${listed(missing)}; unknown: ${listed(unknown)}`);
  }
  return new Map(
    wanted.map(({ name, shape }) => {
      const { data, shape: found } = tensors.get(name)!;
      if (!(data instanceof Float32Array)) throw new Error(`${file}: '${name}' is ${data.constructor.name}, wanted float32`);
      if (!sameShape(found, shape)) {
        throw new Error(`${file}: '${name}' has shape ${formatShape(found)}, the model wants ${formatShape(shape)}${hint(found, shape)}`);
      }
      checkFinite(file, name, data);
      return [name, data];
    }),
  );
}

/** Throws at the first number below 0 of a variable that an optimizer never leaves there: its root would be no number. */
function checkPositive(file: string, variable: Variable | undefined, numbers: ReadonlyMap<string, Float32Array>): void {
  const values = variable && numbers.get(variable.name)!;
  const index = values?.findIndex(value => value < 0) ?? -1;
  if (index >= 0) throw new Error(`${file}: '${variable!.name}'[${index}] is ${values![index]}, wanted numbers from 0 on`);
}

const MOST_LISTED = 12;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED;
  const first = names.slice(0, MOST_LISTED).map(shown).join(', ');
  return more > 0 ? `${first} and ${more} more` : first || 'none';
}

/** Axes in the order in which PyTorch keeps kernels: [units, features], and [filters, channels, height, width]. */
const PYTORCH_AXES: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [2, 3, 1, 0] };

function hint(found: Shape, wanted: Shape): string {
  const axes = PYTORCH_AXES[found.length];
  if (
    axes &&
    sameShape(
      axes.map(axis => found[axis]!),
      wanted,
    )
  )
    return `: it has PyTorch's order; transpose its axes to (${axes.join(', ')})`;
  return sizeOf(found) === sizeOf(wanted) ? ': as many numbers, in another order' : '';
}

/** What a writer takes, of a checkpoint whose model is not compiled. */
export async function fileOfCheckpoint(checkpoint: Checkpoint): Promise<ModelFile> {
  const weights = new Map(Object.entries(await checkpoint.model.getWeights()));
  return { ...checkpoint, weights };
}

/**
 * Compiles a checkpoint's model as it was, with the optimizer where it stood. `executor`: see compile(). `learningRate` overrides the saved one, or what it
 * follows.
 */
export async function compileCheckpoint(checkpoint: Checkpoint, executor?: Executor, learningRate?: number): Promise<Sequential> {
  const { model, compile, step, rowsTrained, training, moments } = checkpoint;
  const saved = compile?.optimizer;
  const optimizer = saved && optimizerFromConfig(learningRate === undefined ? saved : { ...saved, learningRate, schedule: undefined });
  await model.compile({
    loss: compile?.loss ?? 'binaryCrossentropy',
    metrics: compile?.metrics ?? ['acc'],
    ...(executor && { executor }),
    ...(optimizer && { optimizer }),
  });
  for (const { slots } of model.compiled.parameters) {
    for (const slot of Object.values(slots)) {
      const stored = moments.get(slot.name);
      if (stored) model.compiled.executor.write(slot, stored);
    }
  }
  model.step = step;
  model.rowsTrained = rowsTrained;
  model.training = training;
  return model;
}
