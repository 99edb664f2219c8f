import { readModel } from '../../nn/config.js';
import type { Sequential } from '../../nn/model.js';
import type { Hdf5File } from '../hdf5/hdf5.js';
import type { KerasCompile } from '../keras/compile.js';
import type { OpenOptions, ReadModel } from '../model_file.js';
import { ROOTS, readState, readWeights } from './weights.js';

/** Whether an HDF5 file with these names at its root holds weights alone, of the new kind. */
export const isNewWeights = (names: readonly string[]): boolean => ROOTS.some(root => names.includes(root));

/** Reads what save_weights() of Keras 3 and tf_keras writes, for the model that it is for. */
export async function readWeightsFile(name: string, file: Hdf5File, { into, compile }: OpenOptions): Promise<ReadModel> {
  if (!into)
    throw new Error(`${name} holds weights and no model: wanted a file with the model, or the model that they are for (--network FILE)`);
  const model = readModel(into, 'the model');
  const numbers = await readNumbers(name, file, model, { compile, notes: [], untrainable: undefined });
  return { kind: 'weights.h5', extra: {}, ...numbers };
}

/** Weights, and where the optimizer stands, of an open weights file. `what` it is called in messages. */
export async function readNumbers(
  what: string,
  file: Hdf5File,
  model: Sequential,
  { compile, notes, untrainable }: KerasCompile,
): Promise<Omit<ReadModel, 'kind' | 'extra'>> {
  const weights = await readWeights(what, file, model);
  const start = { model, weights, compile, step: 0, moments: new Map<string, Float32Array>(), notes, untrainable };
  if (!compile || untrainable !== undefined) return start;
  try {
    const state = await readState(what, file, model, compile.optimizer);
    return state ? { ...start, compile: { ...compile, optimizer: state.optimizer }, step: state.step, moments: state.moments } : start;
  } catch (error) {
    // The weights are good all the same: they are read before.
    return { ...start, untrainable: (error as Error).message };
  }
}
