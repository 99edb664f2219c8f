import { type ModelConfig, readModel } from '../../nn/config.js';
import { parseJson } from '../../nn/json.js';
import { type Hdf5File, withHdf5 } from '../hdf5/hdf5.js';
import { compileFromKeras, type KerasCompile, lossInput } from '../keras/compile.js';
import { modelFromKeras } from '../keras/config.js';
import { isNewWeights, readWeightsFile } from '../keras_v3/weights_file.js';
import type { ReadModel, ReadModelFile } from '../model_file.js';
import { type OptimizerState, readOptimizer } from './optimizer.js';
import { readWeights } from './weights.js';

/** Reads an HDF5 file: a model of any release of Keras, or weights alone, which are for `into`. */
export const readHdf5Model: ReadModelFile = async (source, options) => {
  const { name } = source;
  return withHdf5(name, await source.read(), async file => {
    const config = await file.text('/', 'model_config');
    if (config !== undefined) return readModelOf(name, file, config);
    const names = (await file.names('/')) ?? [];
    if (isNewWeights(names)) return readWeightsFile(name, file, options);
    const base = names.includes('model_weights') ? '/model_weights' : '/';
    if ((await file.texts(base, 'layer_names')) !== undefined) return readWeightsOf(name, file, base, options.into);
    throw new Error(`${name} is an HDF5 file without a model: it has neither model_config nor layer_names`);
  });
};

/** Weights alone, of the old kind. */
async function readWeightsOf(name: string, file: Hdf5File, base: string, into: ModelConfig | undefined): Promise<ReadModel> {
  if (!into)
    throw new Error(
      `${name} holds weights and no model_config: wanted a file with the model, or the model that they are for (--network FILE)`,
    );
  const model = readModel(into, 'the model');
  const { weights, notes } = await readWeights(name, file, base, model);
  return { kind: 'h5-weights', model, weights, compile: undefined, step: 0, moments: new Map(), extra: {}, notes };
}

async function readModelOf(name: string, file: Hdf5File, config: string): Promise<ReadModel> {
  const version = (await file.text('/', 'keras_version')) ?? '2';
  const { model, notes } = modelFromKeras(name, parseJson(config, `${name}: its model_config`), Number.parseInt(version, 10) >= 3 ? 3 : 2);
  const { weights, notes: different } = await readWeights(name, file, '/model_weights', model);
  const training = await file.text('/', 'training_config');
  const compiled =
    training === undefined
      ? undefined
      : compileFromKeras(parseJson(training, `${name}: its training_config`), model, lossInput(version, await file.text('/', 'backend')));
  const state = await stateOf(file, model, compiled);
  return { kind: 'h5', model, weights, extra: {}, ...state, notes: [...notes, ...different, ...(compiled?.notes ?? [])] };
}

type State = OptimizerState & Pick<ReadModel, 'untrainable'>;

const NO_STATE = { step: 0, moments: new Map<string, Float32Array>() } as const;

/** Where the optimizer stands. Where that can't be read, the weights are good all the same: they are read before. */
async function stateOf(file: Hdf5File, model: ReadModel['model'], compiled: KerasCompile | undefined): Promise<State> {
  const { compile, untrainable } = compiled ?? {};
  if (!compile || untrainable !== undefined) return { ...NO_STATE, compile, untrainable };
  try {
    const state = await readOptimizer(file, model, compile);
    return { ...(state ?? { ...NO_STATE, compile }), untrainable: undefined };
  } catch (error) {
    return { ...NO_STATE, compile, untrainable: (error as Error).message };
  }
}
