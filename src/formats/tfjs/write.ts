import type { Shape } from '../../engine/shape.js';
import { type Metric, metricKey } from '../../nn/metrics.js';
import { snakeCase } from '../keras/names.js';
import type { ModelFile, WriteModelFile } from '../model_file.js';
import { joined } from '../wire.js';
import { tfjsOptimizerOf } from './optimizers.js';
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
  const { classes, rescale } = extra;
  const known = { ...(Array.isArray(classes) && { classes }), ...(typeof rescale === 'number' && { rescale }) };
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
function trainingOf({ model, compile, untrainable, step, moments }: ModelFile, onNote: (note: string) => void): Training | undefined {
  if (!compile || untrainable !== undefined) return undefined;
  const { loss, metrics } = compile;
  const optimizer = tfjsOptimizerOf(compile.optimizer);
  if (typeof optimizer === 'string') {
    onNote(`${optimizer}: how the model is trained is left out`);
    return undefined;
  }
  const { name, from, ...others } = loss;
  const odd = Object.entries(others).find(([, value]) => value !== undefined && value !== false && value !== 0)?.[0];
  if (odd !== undefined) {
    onNote(`TensorFlow.js has no ${snakeCase(odd)} of a loss: how the model is trained is left out`);
    return undefined;
  }
  const [units] = model.outputShape;
  if (from === 'logits' && name === 'binaryCrossentropy' && units !== 1) {
    onNote('TensorFlow.js computes binary_crossentropy from the probabilities: trained on there, the losses are other ones than here');
  }
  if (compile.optimizer.name === 'adam') {
    onNote("TensorFlow.js' Adam adds epsilon to another root than Keras': with small gradients its steps are other ones than here");
  }
  const unknown = metrics.find(metric => !METRICS.includes(metric));
  if (unknown !== undefined) onNote(`TensorFlow.js has no metric '${metricKey(unknown)}': it is left out`);
  const { kind, words } = optimizer;
  const config = { loss: snakeCase(name), metrics: metrics.filter(metric => METRICS.includes(metric)), optimizer_config: words };
  const scale = kind.scale?.(compile.optimizer.learningRate);
  const kept = (values: Float32Array): Float32Array =>
    scale === undefined ? values : scale === 0 ? values.map(() => 0) : values.map(value => value / scale);
  const placed = model.layers.flatMap(({ name: layer, parameters }) =>
    parameters.map(weight => ({ ...weight, path: `${layer}/${weight.part}` })),
  );
  const slots = kind.slots.flatMap(([slot, suffix]) =>
    placed
      .filter(({ trainable }) => trainable)
      .map(
        ({ name: weight, path, shape }): Written => ({
          name: `${path}/${suffix}`,
          shape,
          data: kept(moments.get(`${weight}.${slot}`) ?? new Float32Array(shape.reduce((size, length) => size * length, 1))),
          group: 'optimizer',
        }),
      ),
  );
  return { config, state: [{ name: 'iter', shape: [], data: Int32Array.of(step), group: 'optimizer' }, ...slots] };
}
