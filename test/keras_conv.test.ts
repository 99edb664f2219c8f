import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import type { Executor } from '../src/engine/executor.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { setRandomSeed } from '../src/engine/random.js';
import { type Shape, sizeOf } from '../src/engine/shape.js';
import { modelFromKeras } from '../src/formats/keras/config.js';
import { Layer } from '../src/nn/layers/layer.js';
import { splitWeightOptions } from '../src/nn/layers/weight_options.js';
import {
  averagePooling2d,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  globalAveragePooling2d,
  globalMaxPooling2d,
  layerRecord,
  maxPooling2d,
  separableConv2d,
  zeroPadding2d,
} from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam } from '../src/nn/optimizers.js';
import { gradients } from '../src/ops/gradients.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';

interface LayerCase {
  readonly model: unknown;
  readonly modulus: number;
  readonly shape: Shape;
  readonly output: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

interface Training {
  readonly model: unknown;
  readonly before: readonly number[];
  readonly losses: readonly number[];
  readonly after: readonly number[];
}

const keras: {
  readonly layers: Readonly<Record<string, LayerCase>>;
  readonly drawn: Readonly<Record<string, readonly string[]>>;
  readonly trained: Readonly<Record<string, Training>>;
} = JSON.parse(readFileSync(new URL('./fixtures/keras_conv.json', import.meta.url), 'utf8'));

/** As spread() of keras_conv.py. */
const spread = (shape: Shape, factor: number, first: number, modulus: number): Float32Array =>
  new Float32Array(sizeOf(shape)).map((_, i) => (((i * factor + first) % modulus) - Math.floor(modulus / 2)) / 64);

/** Keras' model, its weights drawn anew. */
const modelOf = (json: unknown, name: string): Sequential => {
  const { layers } = modelFromKeras(name, json, 2).model;
  return sequential(layers.map(({ layer }) => layer));
};

/** A layer's output and the gradients of its input and weights, of numbers that Keras was given. */
async function computed(name: string, { model, modulus, shape }: LayerCase, executor: Executor): Promise<Float32Array[]> {
  const { layer, inputShape, parameters } = modelOf(model, name).layers[0]!;
  const graph = new Graph();
  const x = graph.input('x', [2, ...inputShape]);
  const weights = Object.fromEntries(parameters.map(({ part, shape: of }) => [part, graph.input(part, of)]));
  const context = { weights, training: true, trainable: true, firstRow: 0, seed: 0, stream: 0 };
  const { output } = layer.call(x, context);
  expect(output.shape).toEqual(shape);
  const dOutput = graph.input('dOutput', shape);
  const found = [output, ...gradients(graph, output, [x, ...Object.values(weights)], dOutput)].map(({ root }) => root);
  const executable = await executor.prepare(makePlan(graph, { outputs: found }));
  executable.write(x, spread(x.shape, 37, 11, modulus));
  for (const weight of Object.values(weights)) executable.write(weight, spread(weight.shape, 53, 7, 101));
  executable.write(dOutput, spread(shape, 29, 3, 113));
  executable.run({});
  const read: Float32Array[] = [];
  for (const tensor of found) read.push((await executable.read(tensor)) as Float32Array);
  executable.release();
  return read;
}

const gpu = useGpu();

describe.each([
  ['the GPU', () => gpu()],
  ['the reference', () => new ReferenceExecutor()],
] as const)('on %s', (_, executorOf) => {
  test.each(Object.entries(keras.layers))("%s: output and gradients are tf_keras'", async (name, of) => {
    const found = await computed(name, of, executorOf());
    expect(found).toHaveLength(1 + of.gradients.length);
    for (const [i, wanted] of [of.output, ...of.gradients].entries())
      expect(compare(found[i]!, Float32Array.from(wanted)).error, i === 0 ? 'output' : `gradient ${i - 1}`).toBeLessThan(1e-6);
  });

  test.each(Object.entries(keras.trained))("a network of %s trains to tf_keras' losses and predictions", async (name, of) => {
    setRandomSeed(4);
    const model = modelOf(of.model, name);
    await model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'categoricalCrossentropy', executor: executorOf() });
    const x = spread([13, 12, 10, 3], 37, 11, 127);
    const y = new Float32Array(13 * 3);
    for (let row = 0; row < 13; row++) y[row * 3 + ((row * 5) % 3)] = 1;
    expect(compare(await model.predict(x), Float32Array.from(of.before)).error).toBeLessThan(1e-6);
    const { history } = await model.fit({ x, y, batchSize: 5, shuffle: false }, { epochs: 3, shuffle: false });
    for (const [epoch, loss] of history.loss!.entries()) expect(Math.abs(loss - of.losses[epoch]!), `epoch ${epoch}`).toBeLessThan(1e-5);
    expect(compare(await model.predict(x), Float32Array.from(of.after)).error).toBeLessThan(1e-4);
    await model.close();
  });
});

test.each(Object.keys(keras.drawn))('first weights are those of tf_keras, bit for bit: seed %s', async seed => {
  setRandomSeed(Number(seed));
  const model = sequential([
    depthwiseConv2d([3, 2], { depthMultiplier: 2, inputShape: [9, 9, 3] }),
    separableConv2d(5, 2, { depthMultiplier: 2 }),
    conv2d(3, 2, { useBias: false }),
    flatten(),
    dense(2, { useBias: false }),
  ]);
  await model.compile({ executor: new ReferenceExecutor(), loss: 'categoricalCrossentropy' });
  const weights = await model.getWeights();
  expect(Object.keys(weights)).toEqual([
    'depthwise_conv2d.depthwise_kernel',
    'depthwise_conv2d.bias',
    'separable_conv2d.depthwise_kernel',
    'separable_conv2d.pointwise_kernel',
    'separable_conv2d.bias',
    'conv2d.kernel',
    'dense.kernel',
  ]);
  const sha256 = (values: Float32Array): string => createHash('sha256').update(Buffer.from(values.buffer)).digest('hex');
  expect(Object.values(weights).map(sha256)).toEqual(keras.drawn[seed]);
  await model.close();
});

test.each([
  ['strides and dilation', () => conv2d(2, 3, { strides: [1, 2], dilationRate: 2, inputShape: [9, 9, 1] }), 'exclude each other'],
  ['strides and dilation', () => depthwiseConv2d(3, { strides: 2, dilationRate: [1, 2], inputShape: [9, 9, 1] }), 'exclude each other'],
  ['strides and dilation', () => separableConv2d(2, 3, { strides: 2, dilationRate: 2, inputShape: [9, 9, 1] }), 'exclude each other'],
  [
    'a window that spans more than the picture',
    () => conv2d(2, 3, { dilationRate: 4, inputShape: [8, 9, 1] }),
    'spans 9×9, more than the input',
  ],
  [
    'no whole dilation',
    () => depthwiseConv2d(3, { dilationRate: [1.5, 1], inputShape: [9, 9, 1] }),
    'dilation on height is 1.5, wanted a positive integer',
  ],
  [
    'a dilation of 0',
    () => conv2d(2, 3, { dilationRate: [1, 0], inputShape: [9, 9, 1] }),
    'dilation on width is 0, wanted a positive integer',
  ],
  [
    'a dilated window of nothing',
    () => conv2d(2, 0, { dilationRate: 2, inputShape: [9, 9, 1] }),
    'kernel height is 0, wanted a positive integer',
  ],
  [
    'padding of less than nothing',
    () =>
      zeroPadding2d(
        [
          [0, 1],
          [-1, 2],
        ],
        { inputShape: [9, 9, 1] },
      ),
    'padding[1][0] is -1, wanted a whole number',
  ],
  [
    'padding of three sides',
    () => zeroPadding2d([1, 2, 3] as unknown as [number, number], { inputShape: [9, 9, 1] }),
    'padding is a list of 3',
  ],
  ['pooling what is no picture', () => globalMaxPooling2d({ inputShape: [9] }), 'input has shape [1, 9], wanted 4 axes'],
] as const)('%s is refused', (_, make, message) => {
  expect(() => sequential([make(), flatten()])).toThrow(message);
});

test('a layer that is read from a file is written as it was made, field by field', () => {
  const made = [
    conv2d(2, 3, { dilationRate: [1, 2], useBias: false }),
    depthwiseConv2d([3, 2], { strides: 2, depthMultiplier: 2, activation: 'relu', depthwiseRegularizer: 'l2' }),
    separableConv2d(2, 3, { padding: 'same', dilationRate: 2 }),
    averagePooling2d(3, { strides: 1, padding: 'same' }),
    maxPooling2d(),
    globalAveragePooling2d(),
    globalMaxPooling2d({ keepdims: true }),
    zeroPadding2d([1, 2]),
  ];
  for (const { record, config } of made) {
    const { own, rest } = splitWeightOptions(JSON.parse(JSON.stringify(config)), record.kind);
    expect(JSON.stringify({ ...record.config(rest, record.kind), ...own })).toBe(JSON.stringify(config));
  }
});

test("fields that a file lacks are Keras' defaults", () => {
  const read = (kind: string, config: object): Layer => Layer.of(layerRecord(kind), layerRecord(kind).config(config, kind), {});
  expect(read('conv2d', { filters: 2, kernelSize: [3, 3] }).config).toEqual(conv2d(2, 3).config);
  expect(read('depthwise_conv2d', { kernelSize: [3, 3] }).config).toEqual(depthwiseConv2d(3).config);
  expect(read('separable_conv2d', { filters: 2, kernelSize: [3, 3] }).config).toEqual(separableConv2d(2, 3).config);
  expect(read('average_pooling2d', { poolSize: [3, 2] }).config).toEqual(averagePooling2d([3, 2]).config);
  expect(read('global_max_pooling2d', {}).config).toEqual(globalMaxPooling2d().config);
  expect(read('zero_padding2d', {}).config).toEqual(zeroPadding2d().config);
});

test('groups are refused by name', () => {
  const { model } = structuredClone(keras.layers['conv2d dilated']!) as {
    model: { config: { layers: { config: Record<string, unknown> }[] } };
  };
  model.config.layers.at(-1)!.config.groups = 2;
  expect(() => modelFromKeras('a model', model, 2)).toThrow(/layer 'conv2d\w*' \(Conv2D\).*groups/);
});
