import { type Shape, sizeOf } from '../../engine/shape.js';
import type { CompileConfig } from '../../nn/config.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import { type Metric, metricKey } from '../../nn/metrics.js';
import { pictureExtra } from '../extra.js';
import { snakeCase } from '../keras/names.js';
import type { ModelFile, WriteModelFile } from '../model_file.js';
import { joined } from '../wire.js';
import { type TfjsOptimizer, tfjsOptimizerOf } from './optimizers.js';
import { topologyOf } from './topology.js';

/** As the converter splits them, so that browsers keep them. */
const FILE_BYTES = 4 * 2 ** 20;

/** A tensor for the manifest and the file. */
interface Written {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array;
  readonly group?: 'optimizer';
}

/** Training as TensorFlow.js has it. */
interface Training {
  readonly config: object;
  readonly state: readonly Written[];
}

/** A layers-model of TensorFlow.js: model.json, and the weights in files of 4 MiB. What it has no words for is left out, and said. */
export const writeTfjs: WriteModelFile = async (file, { version = '', onNote = () => {} }) => {
  const { model, weights, extra } = file;
  const training = trainingOf(file, onNote);
  const tensors: Written[] = [
    ...model.layers.flatMap(({ name, parameters }) =>
      parameters.map(weight => ({ name: `${name}/${weight.part}`, shape: weight.shape, data: weights.get(weight.name)! })),
    ),
    ...(training?.state ?? []),
  ];
  const bytes = joined(tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  const shards = Math.max(Math.ceil(bytes.length / FILE_BYTES), 1);
  const nameOf = (shard: number): string => (shards === 1 ? 'weights.bin' : `weights-${shard + 1}of${shards}.bin`);
  const names = Array.from({ length: shards }, (_, shard) => nameOf(shard));
  const known = pictureExtra(extra);
  const json = {
    format: 'layers-model',
    generatedBy: `wgrad ${version}`.trim(),
    convertedBy: null,
    modelTopology: { keras_version: '2.12.0', backend: 'tensorflow', model_config: topologyOf(model) },
    ...(training && { trainingConfig: training.config }),
    ...(Object.keys(known).length > 0 && { userDefinedMetadata: known }),
    weightsManifest: [
      {
        paths: names,
        weights: tensors.map(({ name, shape, data, group }) => ({
          name,
          shape,
          dtype: data instanceof Int32Array ? 'int32' : 'float32',
          ...(group && { group }),
        })),
      },
    ],
  };
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    ...names.map((name, shard) => [name, bytes.slice(shard * FILE_BYTES, (shard + 1) * FILE_BYTES)] as const),
  ]);
};

/** Metrics that it knows by these names. */
const METRICS: readonly Metric[] = ['acc', 'accuracy'];

/** How the model is trained; nothing, and a note, where TensorFlow.js can't train it so. */
function trainingOf(file: ModelFile, onNote: (note: string) => void): Training | undefined {
  const { compile, untrainable } = file;
  if (!compile || untrainable !== undefined) return undefined;
  const optimizer = tfjsOptimizerOf(compile.optimizer);
  const fault = typeof optimizer === 'string' ? optimizer : lossFault(compile.loss);
  if (typeof optimizer === 'string' || fault !== undefined) {
    onNote(`${fault}: how the model is trained is left out`);
    return undefined;
  }
  for (const note of differences(compile, file.model)) onNote(note);
  const metrics = compile.metrics.filter(metric => METRICS.includes(metric));
  return {
    config: { loss: snakeCase(compile.loss.name), metrics, optimizer_config: optimizer.words },
    state: stateOf(file, optimizer.kind, compile.optimizer.learningRate),
  };
}

/** Why TensorFlow.js has no such loss; nothing where it has. */
function lossFault({ name: _, from: __, ...others }: CompileConfig['loss']): string | undefined {
  const odd = Object.entries(others).find(([, value]) => value !== undefined && value !== false && value !== 0)?.[0];
  return odd === undefined ? undefined : `TensorFlow.js has no ${snakeCase(odd)} of a loss`;
}

/** What will be other there than here. */
function differences({ loss, optimizer, metrics }: CompileConfig, { outputShape }: LayerStack): string[] {
  const unknown = metrics.find(metric => !METRICS.includes(metric));
  const isOfLogits = loss.from === 'logits' && loss.name === 'binaryCrossentropy' && outputShape[0] !== 1;
  return [
    ...(isOfLogits
      ? ['TensorFlow.js computes binary_crossentropy from the probabilities: trained on there, the losses are other ones than here']
      : []),
    ...(optimizer.name === 'adam'
      ? ["TensorFlow.js' Adam adds epsilon to another root than Keras': with small gradients its steps are other ones than here"]
      : []),
    ...(unknown === undefined ? [] : [`TensorFlow.js has no metric '${metricKey(unknown)}': it is left out`]),
  ];
}

/** The count of steps, and what the optimizer keeps of each weight that is trained: a slot of all of them, then the next. */
function stateOf({ model, step, moments }: ModelFile, { slots, scale }: TfjsOptimizer, learningRate: number): Written[] {
  const times = scale?.(learningRate) ?? 1;
  // At a rate of 0 nothing was gathered.
  const kept = (values: Float32Array): Float32Array => (times === 1 ? values : values.map(value => (times === 0 ? 0 : value / times)));
  const trained = model.layers.flatMap(({ name, parameters }) =>
    parameters.filter(({ trainable }) => trainable).map(weight => ({ ...weight, path: `${name}/${weight.part}` })),
  );
  return [
    { name: 'iter', shape: [], data: Int32Array.of(step), group: 'optimizer' },
    ...slots.flatMap(([slot, suffix]) =>
      trained.map(({ name, path, shape }): Written => {
        const data = kept(moments.get(`${name}.${slot}`) ?? new Float32Array(sizeOf(shape)));
        return { name: `${path}/${suffix}`, shape, data, group: 'optimizer' };
      }),
    ),
  ];
}
