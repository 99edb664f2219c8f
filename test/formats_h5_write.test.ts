import { expect, test } from 'vitest';
import { type Checkpoint, compileCheckpoint } from '../src/formats/checkpoint.js';
import { withHdf5 } from '../src/formats/hdf5/hdf5.js';
import { openModel } from '../src/formats/open.js';
import { fileOfModel, modelBytes } from '../src/formats/save.js';
import { bytesSource } from '../src/formats/source.js';
import { modelConfig } from '../src/nn/config.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, adamW, type Optimizer, rmsprop, sgd } from '../src/nn/optimizers.js';
import { exponentialDecay } from '../src/nn/schedules.js';
import '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { uniform } from './helpers/foreign.js';

const x = uniform(1, 4 * 9 * 8 * 2);
const y = Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0);
const batch = { x, y, batchSize: 4, shuffle: false };

/** A small network, after two steps. */
async function trained(optimizer: Optimizer, names: readonly [string, string] = ['größe', 'block/dense']): Promise<Sequential> {
  const model = sequential(
    [
      conv2d(3, [3, 2], { strides: [2, 1], padding: 'same', activation: 'relu', inputShape: [9, 8, 2], name: names[0] }),
      maxPooling2d(2),
      flatten(),
      dropout(0.2),
      dense(4, { activation: 'tanh', kernelRegularizer: 'l2', trainable: false, name: names[1] }),
      dense(2, { activation: 'softmax' }),
    ],
    { name: 'mine', seed: 0 },
  );
  await model.compile({ optimizer, loss: 'binaryCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() });
  await model.fit(batch, { epochs: 2 });
  return model;
}

const bytesOf = async (model: Sequential): Promise<Uint8Array> => (await modelBytes(await fileOfModel(model), 'h5')) as Uint8Array;
const read = (bytes: Uint8Array): Promise<Checkpoint> => openModel(bytesSource('x.h5', bytes));

test.each([
  ['Adam', () => adam({ learningRate: 0.002, beta1: 0.8, clipnorm: 0.5 })],
  [
    'Adam that follows a schedule',
    () => adam({ learningRate: exponentialDecay({ initialLearningRate: 0.01, decaySteps: 2, decayRate: 0.5 }) }),
  ],
  ['AdamW', () => adamW()],
  ['RMSprop', () => rmsprop({ momentum: 0.5, centered: true })],
  ['SGD', () => sgd({ globalClipnorm: 0.1 })],
  ["Nesterov's momentum", () => sgd({ momentum: 0.9, nesterov: true })],
] as const)('a model that is written as .h5 and read again is the same, and goes on as it would have: %s', async (_, optimizer) => {
  const model = await trained(optimizer());
  const checkpoint = await read(await bytesOf(model));
  expect(checkpoint).toMatchObject({ kind: 'h5', step: 2, notes: [], untrainable: undefined });
  expect(modelConfig(checkpoint.model)).toEqual(modelConfig(model));
  const again = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  expect(await again.getWeights()).toEqual(await model.getWeights());
  for (const each of [model, again]) each.rowsTrained = 0;
  const losses = async (of: Sequential): Promise<readonly number[]> => (await of.fit(batch, { epochs: 3 })).history.loss!;
  expect(await losses(again)).toEqual(await losses(model));
});

test('the same model is the same bytes, and so is what is read and written again', async () => {
  const model = await trained(adam());
  const first = await bytesOf(model);
  expect(await bytesOf(model)).toEqual(first);
  const again = await compileCheckpoint(await read(first), new ReferenceExecutor());
  expect(await bytesOf(again)).toEqual(first);
});

test('its words are those that all releases of tf.keras read, in ASCII', async () => {
  const bytes = await bytesOf(await trained(adam()));
  await withHdf5('x.h5', bytes, async file => {
    expect(await file.text('/', 'keras_version')).toMatch(/^2\./);
    expect(await file.text('/', 'backend')).toBe('tensorflow');
    const config = (await file.text('/', 'model_config'))!;
    expect(config).toContain('"gr\\u00f6\\u00dfe"');
    const [input, conv] = JSON.parse(config).config.layers;
    expect(Object.keys(input.config).sort()).toEqual(['batch_input_shape', 'dtype', 'name', 'sparse']);
    expect(conv.config).not.toHaveProperty('batch_input_shape');
    const { optimizer_config: optimizer, ...training } = JSON.parse((await file.text('/', 'training_config'))!);
    expect(training).toEqual({ loss: 'binary_crossentropy', metrics: ['acc'], loss_weights: null, sample_weight_mode: null });
    expect(optimizer.class_name).toBe('Adam');
    expect(optimizer.config).toEqual({
      name: 'Adam',
      learning_rate: 0.001,
      beta_1: 0.9,
      beta_2: 0.999,
      epsilon: 1e-7,
      decay: 0,
      amsgrad: false,
    });
    expect(await file.texts('/optimizer_weights', 'weight_names')).toEqual([
      'Adam/iter:0',
      ...['m', 'v'].flatMap(slot =>
        ['größe/kernel', 'größe/bias', 'dense_1/kernel', 'dense_1/bias'].map(weight => `Adam/${weight}/${slot}:0`),
      ),
    ]);
  });
});

test('names that fill more than an attribute are split, and read again', async () => {
  const layers = Array.from({ length: 900 }, (_, i) =>
    dropout(0, { name: `${'a_long_name_'.repeat(8)}${i}`, ...(i === 0 && { inputShape: [2] }) }),
  );
  const model = sequential([...layers, dense(1, { activation: 'sigmoid' })], { seed: 0 });
  await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  const bytes = await bytesOf(model);
  await withHdf5('x.h5', bytes, async file => {
    expect((await file.texts('/model_weights', 'layer_names'))?.length).toBe(901);
    expect((await file.texts('/model_weights', 'layer_names1'))?.length).toBeGreaterThan(0);
  });
  expect(await (await read(bytes)).model.getWeights()).toEqual(await model.getWeights());
});

test('a loss on probabilities, which the file cannot say, is noted; one on logits is not', async () => {
  const notes: string[] = [];
  const file = await fileOfModel(await trained(adam()));
  const note = { onNote: (text: string) => void notes.push(text) };
  await modelBytes(file, 'h5', note);
  expect(notes).toEqual([]);
  await modelBytes({ ...file, compile: { ...file.compile!, loss: { name: 'binaryCrossentropy', from: 'probs' } } }, 'h5', note);
  expect(notes).toEqual(['it cannot say that the loss is computed from probabilities: Keras on TensorFlow takes the logits']);
});
