import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ONNX_ACTIVATIONS } from '../src/formats/onnx/activations.js';
import { ONNX_LAYERS } from '../src/formats/onnx/layers.js';
import { writeOnnx } from '../src/formats/onnx/write.js';
import { fieldsOf } from '../src/formats/wire.js';
import { ACTIVATION_NAMES } from '../src/nn/activations.js';
import { denseRecord } from '../src/nn/layers/dense.js';
import { Layer } from '../src/nn/layers/layer.js';
import { flatten, layerClasses } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { fixtureJson } from './helpers/shared.js';
import { writtenCases } from './helpers/written_models.js';

/** Of test/fixtures/onnx_files.py: what onnx' checker and onnxruntime made of the very files. */
const judged =
  fixtureJson<Record<string, { readonly sha256: string; readonly output: number[]; readonly shape: number[] }>>('onnx_files.json');

/** A folder to write the files and their inputs to, for onnx_files.py. */
const out = process.env.WGRAD_ONNX_OUT;

test.each(writtenCases())('onnxruntime gives the numbers of $name, of this very file, which the checker takes', async each => {
  const { name, file, x, onnx } = each;
  const bytes = writeOnnx(file.model, file.weights, { input: onnx, version: 'test' });
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, `${name}.onnx`), bytes);
    writeFileSync(join(out, `${name}.json`), JSON.stringify({ x: [...x], shape: [2, ...file.model.inputShape], ...onnx }));
    return;
  }
  const { sha256, output, shape } = judged[name]!;
  expect(createHash('sha256').update(bytes).digest('hex'), 'other bytes than onnx_files.py judged: run it again').toBe(sha256);
  const model = file.model as Sequential;
  model.setWeights(Object.fromEntries(file.weights));
  await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  const { rescale } = onnx;
  const ours = await model.predict(rescale === undefined ? x : x.map(value => value * Math.fround(rescale)));
  expect(shape).toEqual([2, ...model.outputShape]);
  expect(ours.length).toBe(output.length);
  for (const [i, value] of ours.entries()) expect(Math.abs(value - output[i]!)).toBeLessThan(1e-6);
});

/** The model of a case, its weights and how it is written. */
function caseOf(wanted: string) {
  const { file, onnx } = writtenCases().find(({ name }) => name === wanted)!;
  return { model: file.model, weights: file.weights, options: { input: onnx, version: 'test' } };
}

/** Fields of a message: bytes by their numbers. */
function fieldsBy(message: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>();
  for (const { number, value } of fieldsOf(message, 'the file')) fields.set(number, [...(fields.get(number) ?? []), value]);
  return fields;
}

const texts = (values: readonly (number | Uint8Array)[] = []): string[] =>
  values.map(value => new TextDecoder().decode(value as Uint8Array));

test('a file says its versions, its nodes one after the other, and its weights by the names that they have here', () => {
  const { model, weights, options } = caseOf('face_mask_small');
  const file = fieldsBy(writeOnnx(model, weights, { ...options, metadata: { classes: '["a","b"]' } }));
  expect([file.get(1), texts(file.get(2)), texts(file.get(3))]).toEqual([[7], ['wgrad'], ['test']]);
  expect([...fieldsBy(file.get(8)![0] as Uint8Array)].map(([field, [value]]) => [field, value])).toEqual([
    [1, new Uint8Array(0)],
    [2, 13],
  ]);
  expect(texts([...fieldsBy(file.get(14)![0] as Uint8Array).values()].flat())).toEqual(['classes', '["a","b"]']);
  const graph = fieldsBy(file.get(7)![0] as Uint8Array);
  const nodes = graph.get(1)!.map(node => fieldsBy(node as Uint8Array));
  const ops = 'Transpose Conv Relu MaxPool Conv Relu Transpose Flatten Gemm Relu Gemm Softmax';
  expect(nodes.flatMap(node => texts(node.get(4)))).toEqual(ops.split(' '));
  expect(texts(nodes[0]!.get(1))).toEqual(['image']);
  for (const [i, node] of nodes.slice(1).entries()) expect(texts(node.get(1))[0]).toBe(texts(nodes[i]!.get(2))[0]);
  expect(texts(nodes.at(-1)!.get(2))).toEqual(['probabilities']);
  expect(graph.get(5)!.flatMap(constant => texts(fieldsBy(constant as Uint8Array).get(8)))).toEqual([...weights.keys()]);
});

test('every layer and activation there is has a form', () => {
  expect([...layerClasses().values()].map(({ kind }) => kind).filter(kind => !ONNX_LAYERS.has(kind))).toEqual([]);
  expect(ACTIVATION_NAMES.filter(name => !ONNX_ACTIVATIONS.has(name))).toEqual([]);
});

test('a layer without a form is refused by its name and class', () => {
  const own = Layer.of({ ...denseRecord, kind: 'own', className: 'Own' }, { units: 2, activation: 'linear' }, { name: 'mine' });
  const model = sequential([flatten({ inputShape: [2, 2, 1] }), own]);
  expect(() => writeOnnx(model, new Map())).toThrow("layer 'mine' (Own) cannot be written: ONNX files of this program have no form for it");
});

test('an input that a layer could be named by, bytes that nothing rescales and channels of no image are told', () => {
  const { model, weights } = caseOf('features');
  expect(() => writeOnnx(model, weights, { input: { type: 'uint8' } })).toThrow('wanted a rescale');
  expect(() => writeOnnx(model, weights, { input: { channelsFirst: true } })).toThrow(
    'its input is [6], which has no channels to come first',
  );
  expect(() => writeOnnx(model, weights, { input: { name: '' } })).toThrow('the input has an empty name');
  // Whatever it is named, nodes and weights get other names.
  const file = writeOnnx(model, weights, { input: { name: 'dense.kernel' } });
  const constants = fieldsBy(fieldsBy(file).get(7)![0] as Uint8Array).get(5)!;
  expect(texts(fieldsBy(constants[0] as Uint8Array).get(8))).toEqual(['dense.kernel_1']);
});
