import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileCheckpoint } from '../src/formats/checkpoint.js';
import { openModel } from '../src/formats/open.js';
import { modelBytes } from '../src/formats/save.js';
import { bytesSource } from '../src/formats/source.js';
import type { CompileConfig } from '../src/nn/config.js';
import { dense } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { fixtureJson } from './helpers/shared.js';
import { writtenCases } from './helpers/written_models.js';

type Judged = Readonly<Record<string, { readonly sha256: string; readonly output: number[]; readonly losses?: number[] }>>;

/** Of test/fixtures/tfjs_files.mjs: what TensorFlow.js made of the very files. */
const judged = fixtureJson<Judged>('tfjs_files.json');

/** A folder to write the files and their inputs to, for tfjs_files.mjs. */
const out = process.env.WGRAD_TFJS_OUT;

/** Layers and activations that TensorFlow.js has not. */
const NOT_THERE = ['relus', 'activation_leaky_relu', 'activation_exponential', 'activation_hard_sigmoid_keras3'];

const cases = writtenCases().filter(({ name, onnx }) => !NOT_THERE.includes(name) && onnx.rescale === undefined);

const largest = (found: ArrayLike<number>, wanted: readonly number[]): number => {
  expect(found.length).toBe(wanted.length);
  return Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)));
};

test.each(cases)('TensorFlow.js predicts what we do of $name, of these very files, and goes on with its losses', async each => {
  const { name, file, x, y } = each;
  const files = (await modelBytes(file, 'tfjs', { version: 'test' })) as ReadonlyMap<string, Uint8Array>;
  if (out !== undefined) {
    mkdirSync(join(out, name), { recursive: true });
    for (const [path, bytes] of files) writeFileSync(join(out, name, path), bytes);
    writeFileSync(join(out, name, 'case.json'), JSON.stringify({ x: [...x], y: y && [...y], shape: [2, ...file.model.inputShape] }));
    return;
  }
  const { sha256, output, losses } = judged[name]!;
  const hash = createHash('sha256');
  for (const path of [...files.keys()].sort()) hash.update(files.get(path)!);
  expect(hash.digest('hex'), 'other bytes than tfjs_files.mjs judged: run it again').toBe(sha256);
  const checkpoint = await openModel(bytesSource(name, files));
  expect(checkpoint.step).toBe(file.step);
  const model = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  expect(largest(await model.predict(x), output), 'predictions').toBeLessThan(1e-5);
  if (losses) {
    const { history } = await model.fit({ x, y: y!, batchSize: 2, shuffle: false }, { epochs: 3 });
    expect(largest(history.loss!, losses), `losses ${history.loss!.join(', ')} for ${losses.join(', ')}`).toBeLessThan(1e-5);
  }
});

const caseOf = (wanted: string) => cases.find(({ name }) => name === wanted)!;

/** A written model whose model.json is changed. */
async function changed(name: string, change: (json: Json) => void): Promise<Map<string, Uint8Array>> {
  const files = new Map((await modelBytes(caseOf(name).file, 'tfjs')) as ReadonlyMap<string, Uint8Array>);
  const json = JSON.parse(new TextDecoder().decode(files.get('model.json'))) as Json;
  change(json);
  return files.set('model.json', new TextEncoder().encode(JSON.stringify(json)));
}

// biome-ignore lint/suspicious/noExplicitAny: any part of a file's JSON is changed here.
type Json = any;

test.each<[string, (json: Json) => void, string]>([
  ['a graph-model', json => (json.format = 'graph-model'), 'm/model.json is a graph-model of TensorFlow.js'],
  ['a graph', json => (json.modelTopology = { node: [] }), 'is a graph-model of TensorFlow.js'],
  ['no model', json => delete json.modelTopology, 'is JSON without a model of TensorFlow.js'],
  ['another format', json => (json.format = 'own'), "format is 'own', wanted 'layers-model'"],
  ['a topology that is not JSON', json => (json.modelTopology = '{'), 'modelTopology is not JSON'],
  ['a weight without its tensor', json => json.weightsManifest[0].weights.shift(), "layer 'conv2d' has no kernel in the file"],
  ['a tensor of no layer', json => (json.weightsManifest[0].weights[0].name = 'other/kernel'), "layer 'conv2d' has no kernel"],
  [
    'one tensor more',
    json => json.weightsManifest[0].weights.push({ name: 'x/y', shape: [1], dtype: 'float32' }),
    "the tensor 'x/y' is not a weight",
  ],
  [
    'another shape',
    json => (json.weightsManifest[0].weights[0].shape = [4, 1, 3, 3]),
    'has shape [4, 1, 3, 3], its layer wants [3, 3, 3, 4]',
  ],
  ['another type', json => (json.weightsManifest[0].weights[0].dtype = 'int32'), 'is int32, wanted float32'],
  ['a file that is not there', json => (json.weightsManifest[0].paths = ['no.bin']), 'no.bin'],
  ['files that are too short', json => (json.weightsManifest[0].weights[1].shape = [4, 2 ** 28]), 'its layer wants'],
])('%s is refused by what it is', async (_, change, says) => {
  await expect(openModel(bytesSource('m', await changed('momentum', change)))).rejects.toThrow(says);
});

test.each<[string, (json: Json) => void, string]>([
  [
    'too few moments',
    json => json.weightsManifest[0].weights.pop(),
    'what it has of the optimizer is 2 tensors, wanted 1 for each of the 3 weights',
  ],
  ['another optimizer', json => (json.trainingConfig.optimizer_config.class_name = 'Adamax'), "its optimizer 'Adamax' is not supported"],
  ['another loss', json => (json.trainingConfig.loss = 'hinge'), "its loss 'hinge' is not supported"],
])('with %s the weights are read, and why training can not go on is said', async (_, change, says) => {
  let bytes = 0;
  const files = await changed('momentum', json => {
    change(json);
    const { weights } = json.weightsManifest[0];
    bytes = weights.reduce((sum: number, { shape }: Json) => sum + 4 * shape.reduce((size: number, length: number) => size * length, 1), 0);
  });
  files.set('weights.bin', files.get('weights.bin')!.subarray(0, bytes));
  const { untrainable, model } = await openModel(bytesSource('m', files));
  expect(untrainable).toContain(says);
  expect(await model.getWeights()).toEqual(Object.fromEntries(caseOf('momentum').file.weights));
});

test('a topology may be a text of JSON, and names may have scopes before them and numbers after them', async () => {
  const files = await changed('momentum', json => {
    json.modelTopology = JSON.stringify(json.modelTopology);
    for (const tensor of json.weightsManifest[0].weights) if (!tensor.group) tensor.name = `scope/${tensor.name}_1`;
  });
  const { model } = await openModel(bytesSource('m', files));
  expect(await model.getWeights()).toEqual(Object.fromEntries(caseOf('momentum').file.weights));
});

test('a large model is split into files of 4 MiB, and classes and rescale come back', async () => {
  const model = sequential([dense(1100, { inputShape: [2000] }), dense(2, { activation: 'softmax' })], { seed: 1 });
  const weights = new Map(Object.entries(await model.getWeights()));
  const extra = { classes: ['a', 'b'], rescale: 0.5 };
  const file = { kind: 'safetensors', model, weights, compile: undefined, step: 0, moments: new Map(), extra, notes: [] } as const;
  const files = (await modelBytes(file, 'tfjs')) as ReadonlyMap<string, Uint8Array>;
  expect([...files].map(([name, { length }]) => (name === 'model.json' ? name : [name, length]))).toEqual([
    'model.json',
    ['weights-1of3.bin', 2 ** 22],
    ['weights-2of3.bin', 2 ** 22],
    ['weights-3of3.bin', 4 * (2000 * 1100 + 1100 + 2200 + 2) - 2 ** 23],
  ]);
  const read = await openModel(bytesSource('m', files));
  expect([read.extra, read.compile]).toEqual([extra, undefined]);
  for (const [name, values] of Object.entries(await read.model.getWeights())) {
    expect(Buffer.compare(new Uint8Array(values.buffer), new Uint8Array(weights.get(name)!.buffer)), name).toBe(0);
  }
});

test.each([
  ['relus', "layer 're_lu' (ReLU) cannot be written: TensorFlow.js has a ReLU with max_value alone"],
  ['activation_exponential', "TensorFlow.js has no activation 'exponential'"],
  ['activation_hard_sigmoid_keras3', "no activation that gives the numbers of 'hard_sigmoid_keras3'"],
])('%s is not written: TensorFlow.js would not read it', async (wanted, says) => {
  const { file } = writtenCases().find(({ name }) => name === wanted)!;
  await expect(modelBytes(file, 'tfjs')).rejects.toThrow(says);
});

test.each<[string, Partial<CompileConfig>, string]>([
  [
    'AdamW',
    { optimizer: { name: 'adamw', learningRate: 0.1, config: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.1 } } },
    'no optimizer adamw: how',
  ],
  [
    'clipped gradients',
    { optimizer: { name: 'sgd', learningRate: 0.1, config: { momentum: 0, clipnorm: 1 } } },
    'SGD has no clipnorm: how',
  ],
])('with %s the model alone is written, and a note says so', async (_, compile, says) => {
  const { file } = caseOf('momentum');
  const notes: string[] = [];
  const files = await modelBytes({ ...file, compile: { ...file.compile!, ...compile } }, 'tfjs', { onNote: note => notes.push(note) });
  expect(notes.join()).toContain(says);
  expect((await openModel(bytesSource('m', files))).compile).toBeUndefined();
});
