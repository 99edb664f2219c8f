import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { setHdf5Worker } from '../src/formats/hdf5/worker_door.js';
import { momentsOf } from '../src/formats/keras/moments.js';
import type { ModelFile } from '../src/formats/model_file.js';
import { openModel } from '../src/formats/open.js';
import { fileOfModel, modelBytes } from '../src/formats/save.js';
import { bytesSource } from '../src/formats/source.js';
import { writeZip, Zip } from '../src/formats/zip.js';
import { modelConfig } from '../src/nn/config.js';
import { dense } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { adam, type Optimizer, rmsprop, sgd } from '../src/nn/optimizers.js';
import { exponentialDecay } from '../src/nn/schedules.js';
import { startHdf5Thread } from '../src/node/hdf5.js';
import { pathSource } from '../src/node/model_source.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { expectSame, goldenModel, kerasFile, kerasFiles } from './helpers/foreign.js';
import { fixtureJson, hasShared, shared } from './helpers/shared.js';
import { tinyData, tinyModel, tinyNetwork } from './helpers/tiny.js';

setHdf5Worker(startHdf5Thread);

const golden = (name: string) => pathSource(join(shared, 'goldens/formats', name));

describe.skipIf(!hasShared('goldens/formats'))('.keras files of Keras 3.0, Keras 3.15 and tf_keras', () => {
  test.each([
    'keras3_grey.keras',
    'keras3_sgd.keras',
    'keras3_chain.keras',
    'keras30_grey.keras',
    'keras30_sgd.keras',
    'tf_keras_grey.keras',
    'tf_keras_sgd.keras',
  ])('%s gives what Keras gives, and goes on as in Keras', async name => {
    const checkpoint = await openModel(await golden(name));
    expect(checkpoint).toMatchObject({ kind: 'keras', step: 3, untrainable: undefined });
    expect(checkpoint.notes).toEqual([expect.stringMatching(/^it does not say what its loss is computed from: the logits are taken/)]);
    const { compile } = checkpoint;
    // On JAX, which the file does not say, Keras takes a softmax's loss from its probabilities.
    const loss = { ...compile!.loss, from: name === 'keras30_sgd.keras' ? 'probs' : compile!.loss.from } as const;
    await expectSame({ ...checkpoint, compile: { ...compile!, loss } }, goldenModel(name));
  });
});

describe('files with layers of all kinds, frozen ones, and a chain', () => {
  test.each(kerasFiles().filter(name => name.endsWith('.keras')))('%s gives what Keras gives, and goes on as in Keras', async name => {
    const { content, ...wanted } = kerasFile(name);
    const checkpoint = await openModel(bytesSource(name, content));
    expect(checkpoint).toMatchObject({ kind: 'keras', step: 3, untrainable: undefined });
    await expectSame(checkpoint, wanted);
  });

  test('sequential.weights.h5 gives its model what Keras gives, and goes on as in Keras', async () => {
    const { content, ...wanted } = kerasFile('sequential.weights.h5');
    const { model, compile } = await openModel(bytesSource('sequential.keras', kerasFile('sequential.keras').content));
    model.setTrainable(false, ['norm']);
    const checkpoint = await openModel(bytesSource('sequential.weights.h5', content), { into: modelConfig(model), compile });
    await expectSame(checkpoint, wanted);
  });
});

describe.skipIf(!hasShared('goldens/formats'))('weights files of the new kind', () => {
  test.each([
    ['keras3_grey.weights.h5', 'keras3_grey.keras'],
    ['keras30_grey.weights.h5', 'keras30_grey.keras'],
    ['tf_keras_grey.weights.h5', 'tf_keras_grey.keras'],
    ['tf212_grey.weights.h5', 'tf212_grey.model'],
  ])('%s gives its model what Keras gives, and goes on as in Keras', async (name, whole) => {
    const { model, compile } = await openModel(await golden(whole));
    const into = modelConfig(
      sequential(
        model.layers.map(({ layer }) => layer),
        { name: model.name, seed: 1 },
      ),
    );
    const checkpoint = await openModel(await golden(name), { into, compile });
    expect(checkpoint).toMatchObject({ kind: 'weights.h5', step: 3, notes: [], untrainable: undefined });
    await expectSame(checkpoint, goldenModel(name));
    expect((await openModel(await golden(name), { into })).compile).toBeUndefined();
  });

  test('are refused without a model, and for another one', async () => {
    const name = 'keras3_grey.weights.h5';
    await expect(openModel(await golden(name))).rejects.toThrow(/keras3_grey.weights.h5 holds weights and no model: wanted/);
    const into = modelConfig(tinyNetwork());
    await expect(openModel(await golden(name), { into })).rejects.toThrow(
      /keras3_grey.weights.h5.*conv2d\/vars\/0 has shape \[3, 3, 1, 4\], wanted \[3, 3, 2, 4\]/,
    );
    const fewer = modelConfig(sequential([dense(1, { inputShape: [2] })]));
    await expect(openModel(await golden(name), { into: fewer })).rejects.toThrow(
      "has 2 layers of the kind dense, the model has 1: 'dense'",
    );
  });
});

const DATE = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));

/** A trained model of every kind of layer with weights, and what is kept for it. */
async function trained(optimizer: Optimizer): Promise<ModelFile> {
  const model = await tinyModel(new ReferenceExecutor(), optimizer);
  await model.fit(tinyData(), { epochs: 1 });
  return fileOfModel(model);
}

test("a metric of its author's, or one that is none, is left out, and said", async () => {
  const zip = new Zip('good', kerasFile('sequential.keras').content as Uint8Array);
  const config = JSON.parse(new TextDecoder().decode(zip.read('config.json', 1e6)));
  config.compile_config.metrics = ['acc', 0, { module: 'mine', class_name: 'F1', config: { name: 'f1' }, registered_name: 'mine>F1' }];
  const members = zip
    .names()
    .map(name => [name, name === 'config.json' ? new TextEncoder().encode(JSON.stringify(config)) : zip.read(name, 1e6)] as const);
  const { compile, notes } = await openModel(bytesSource('a.keras', writeZip(members)));
  expect(compile!.metrics).toEqual(['acc']);
  expect(notes).toEqual(
    expect.arrayContaining(['its metric 0 is not supported and left out', "its metric 'f1' is not supported and left out"]),
  );
});

describe('written .keras files', () => {
  test.each([
    ['Adam', adam({ learningRate: 0.002 })],
    ['SGD with momentum', sgd({ momentum: 0.9 })],
    ['SGD without', sgd()],
    ['RMSprop', rmsprop({ momentum: 0.5 })],
    ['a schedule', adam({ learningRate: exponentialDecay({ initialLearningRate: 0.01, decaySteps: 4, decayRate: 0.9 }) })],
  ])('with %s are read back to every bit', async (_, optimizer) => {
    const file = await trained(optimizer);
    const read = await openModel(bytesSource('a.keras', await modelBytes(file, 'keras', { date: DATE })));
    expect(modelConfig(read.model)).toEqual({ ...modelConfig(file.model), seed: 0 });
    expect(await read.model.getWeights()).toEqual(Object.fromEntries(file.weights));
    expect(read.compile!.optimizer).toMatchObject({
      ...file.compile!.optimizer,
      learningRate: Math.fround(file.compile!.optimizer.learningRate),
    });
    for (const [name, numbers] of read.moments) expect(numbers, name).toEqual(file.moments.get(name));
    // Without momentum, Keras keeps nothing for SGD.
    expect(read.moments.size).toBe(momentsOf(file.model, file.compile!.optimizer, 'keras3').length);
    expect(read).toMatchObject({ step: 5, untrainable: undefined, kind: 'keras' });
  });

  test('the same model and date give the same bytes', async () => {
    const file = await trained(adam());
    const [one, other] = await Promise.all([modelBytes(file, 'keras', { date: DATE }), modelBytes(file, 'keras', { date: DATE })]);
    expect(Buffer.compare(one as Uint8Array, other as Uint8Array)).toBe(0);
    const zip = new Zip('a.keras', one as Uint8Array);
    expect(new TextDecoder().decode(zip.read('metadata.json', 1000))).toBe('{"keras_version":"3.0.0","date_saved":"2026-01-02@03:04:05"}');
  });

  test('class names and the scale of pictures go along, and what is left out is said', async () => {
    const notes: string[] = [];
    const file = {
      ...(await trained(adam())),
      extra: { classes: ['a', 'ä', 'c'], rescale: 0.5, settings: {} },
      untrainable: 'its optimizer is odd',
    };
    const bytes = await modelBytes(file, 'keras', { onNote: note => notes.push(note) });
    const read = await openModel(bytesSource('a.keras', bytes));
    expect(read).toMatchObject({ extra: { classes: ['a', 'ä', 'c'], rescale: 0.5 }, compile: undefined, step: 0 });
    expect(notes).toEqual(['its optimizer is odd: how the model is trained is left out']);
    const long = { ...file, untrainable: undefined, extra: { classes: ['a'.repeat(70_000), 'b', 'c'] } };
    const shorter = await modelBytes(long, 'keras', { onNote: note => notes.push(note) });
    expect((await openModel(bytesSource('a.keras', shorter))).extra).toEqual({});
    expect(notes[1]).toMatch(/^the names of its classes are too long/);
  });

  test("a layer's name with a slash, which Keras 3 does not take, is refused", async () => {
    const model = sequential([dense(1, { activation: 'sigmoid', inputShape: [2], name: 'a/b' })]);
    const weights = new Map(Object.entries(await model.getWeights()));
    const file = { kind: 'h5', model, weights, compile: undefined, step: 0, moments: new Map(), extra: {}, notes: [] } as const;
    await expect(modelBytes(file, 'keras')).rejects.toThrow("Keras 3 takes no layer named 'a/b'");
  });
});

test('a dataset that nothing was written to, of the size that the config wants, is refused before it is read', async () => {
  // 1 GiB that takes no room in the file, as h5py leaves it: create_dataset('0', (16384, 16384), 'float32').
  const config = {
    class_name: 'Sequential',
    config: { layers: [{ class_name: 'Dense', config: { name: 'd', units: 16384, use_bias: false, batch_input_shape: [null, 16384] } }] },
  };
  const json = new TextEncoder().encode(JSON.stringify(config));
  const { hdf5 } = fixtureJson<{ hdf5: string }>('unwritten_weights.json');
  const file = writeZip([
    ['config.json', json],
    ['model.weights.h5', new Uint8Array(Buffer.from(hdf5, 'base64'))],
  ]);
  await expect(openModel(bytesSource('a.keras', file))).rejects.toThrow(
    /a.keras.*\/layers\/dense\/vars\/0 has shape \[16384, 16384\], for which its file is too small/,
  );
});
