import { describe, expect, test } from 'vitest';
import type { Executor } from '../src/engine/executor.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { RandomState } from '../src/engine/random.js';
import { type Shape, sizeOf } from '../src/engine/shape.js';
import type { Tensor } from '../src/engine/tensor.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { modelFromKeras, modelToKeras } from '../src/formats/keras/config.js';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber, receptiveField } from '../src/inspect/one_number.js';
import type { KerasVersion } from '../src/nn/activations/record.js';
import { ACTIVATIONS, fromKerasName, toKerasName } from '../src/nn/activations.js';
import { Layer } from '../src/nn/layers/layer.js';
import {
  activation,
  conv2d,
  dense,
  elu,
  flatten,
  inputLayer,
  layerClasses,
  leakyReLu,
  maxPooling2d,
  reLu,
  rescaling,
  reshape,
  softmax,
  spatialDropout2d,
} from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { gradients } from '../src/ops/gradients.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { layoutOf } from '../src/studio/page/state/layout.js';
import { useGpu } from './helpers/gpu.js';
import { fixtureJson } from './helpers/shared.js';

/** What a function gives, and its slope, number by number. */
interface Function {
  readonly output: readonly number[];
  readonly slope: readonly number[];
}

/** From fixtures/keras_norm.py. */
const keras = fixtureJson<{
  readonly inputs: readonly number[];
  readonly activations: Readonly<Record<KerasVersion, Readonly<Record<string, Function>>>>;
  readonly aboutZero: readonly number[];
  readonly functionLayers: readonly (Function & {
    readonly className: string;
    readonly config: Readonly<Record<string, number>>;
    readonly version: KerasVersion;
  })[];
  readonly softmax: { readonly output: readonly number[]; readonly dInput: readonly number[] };
  readonly lastLayers: Readonly<Record<string, number>>;
  readonly mapsKept: Readonly<Record<string, readonly (readonly (readonly number[])[])[]>>;
}>('keras_norm.json');

/** Functions whose slope is computed from their output, in Keras too: of an output near its bound it has few digits. */
const BY_OUTPUT = ['elu', 'selu', 'sigmoid', 'tanh'];

/** Of each number. Keras' gelu has a constant of fewer digits: see the script. */
const toleranceOf = (name: string): number => (name === 'gelu' ? 2e-6 : 1e-6);

const gpu = useGpu();

const EXECUTORS = [
  ['reference', () => new ReferenceExecutor()],
  ['GPU', () => gpu()],
] as const;

/** numpy's RandomState(seed).uniform(low, high) as float32. */
function numbers(seed: number, count: number, low: number, high: number): Float32Array {
  const random = new RandomState(seed);
  return Float32Array.from({ length: count }, () => random.uniform(low, high));
}

/** What something makes of an input, and the gradient that comes back of a gradient. */
async function differentiated(
  executor: Executor,
  apply: (input: Tensor) => Tensor,
  shape: Shape,
  values: ArrayLike<number>,
  gradient: ArrayLike<number> = new Float32Array(sizeOf(shape)).fill(1),
): Promise<{ readonly output: Float32Array; readonly slope: Float32Array }> {
  const graph = new Graph();
  const [input, dOutput] = [graph.input('input', shape), graph.input('dOutput', shape)];
  const output = apply(input);
  const [slope] = gradients(graph, output, [input], dOutput) as [Tensor];
  const executable = await executor.prepare(makePlan(graph, { outputs: [output, slope] }));
  executable.write(input, Float32Array.from(values));
  executable.write(dOutput, Float32Array.from(gradient));
  executable.run({});
  const [found, back] = [await executable.read(output), await executable.read(slope)];
  executable.release();
  return { output: Float32Array.from(found), slope: Float32Array.from(back) };
}

/** The worst difference, relative to the largest number. */
function worst(found: ArrayLike<number>, wanted: readonly number[]): number {
  expect(found.length).toBe(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs)) || 1;
  return Math.max(...wanted.map((value, i) => Math.abs(found[i]! - value) / largest));
}

describe.each(EXECUTORS)("activations give Keras' numbers and slopes to 1e-6 of each, large and small: %s", (_, executorOf) => {
  const functions = ([2, 3] as const).flatMap(version =>
    Object.entries(keras.activations[version]).map(([name, wanted]) => ({ version, name, wanted })),
  );
  test.each(functions)('$name of Keras $version', async ({ version, name, wanted }) => {
    const { apply } = ACTIVATIONS[fromKerasName(name, version)!];
    const found = await differentiated(executorOf(), apply, [keras.inputs.length], keras.inputs);
    for (const what of ['output', 'slope'] as const) {
      const far = keras.inputs.flatMap((x, i) => {
        const number = wanted[what][i]!;
        // What is as near to 0 may be made of numbers that are too near for a float32.
        const floor = what === 'slope' && BY_OUTPUT.includes(name) ? 2 ** -22 : 2 ** -120;
        const isNear = Math.abs(found[what][i]! - number) <= toleranceOf(name) * Math.abs(number) + floor;
        return isNear ? [] : [{ x, found: found[what][i], wanted: number }];
      });
      expect(far, what).toEqual([]);
    }
  });
});

describe.each(EXECUTORS)("layers that are a function give Keras' numbers and slopes, at their kinks too: %s", (_, executorOf) => {
  test.each(keras.functionLayers)('$className $config of Keras $version', async ({ className, config, output, slope }) => {
    const record = layerClasses().get(className)!;
    const named = Object.entries(config).map(([name, value]) => [
      name.replace(/_(.)/g, (__, letter: string) => letter.toUpperCase()),
      value,
    ]);
    const layer = Layer.of(record, record.config(Object.fromEntries(named), className), {});
    const context = { weights: {}, training: true, trainable: true, firstRow: 0, seed: 0, stream: 0 };
    const apply = (input: Tensor): Tensor => layer.call(input, context).output;
    const found = await differentiated(executorOf(), apply, [keras.aboutZero.length], keras.aboutZero);
    expect(worst(found.output, output)).toBeLessThan(2e-7);
    expect(worst(found.slope, slope)).toBeLessThan(2e-7);
  });

  test('a softmax of pictures goes along their channels', async () => {
    const shape = [2, 3, 2, 4];
    const [values, gradient] = [numbers(1, sizeOf(shape), -3, 3), numbers(2, sizeOf(shape), -1, 1)];
    const found = await differentiated(executorOf(), ACTIVATIONS.softmax.apply, shape, values, gradient);
    expect(worst(found.output, keras.softmax.output)).toBeLessThan(1e-6);
    expect(worst(found.slope, keras.softmax.dInput)).toBeLessThan(1e-6);
  });
});

describe.each(EXECUTORS)('%s', (_, executorOf) => {
  test.each(Object.keys(keras.mapsKept))('a spatial dropout drops the maps that tf_keras drops, seed %s', async seed => {
    const model = sequential(
      [
        inputLayer([2, 3, 7]),
        spatialDropout2d(0),
        reshape([3, 2, 7]),
        spatialDropout2d(0.5),
        spatialDropout2d(0.4),
        flatten(),
        dense(2, { activation: 'softmax' }),
      ],
      { seed: Number(seed) },
    );
    await model.compile({ loss: 'categoricalCrossentropy', executor: executorOf() });
    for (const batch of keras.mapsKept[seed]!) {
      const data = {
        x: new Float32Array(batch.length * 42).fill(1),
        y: new Float32Array(batch.length * 2).fill(0.5),
        batchSize: batch.length,
      };
      const { tensors } = await inspect(model, data.x, data.y);
      const { data: mask, shape } = tensors['layer3/mask']!;
      expect(shape).toEqual([batch.length, 7]);
      expect(Array.from(mask, value => Math.round(value * 0.6))).toEqual(batch.flat());
      await model.fit(data);
    }
    await model.close();
  });

  test('every number of such layers is explained, in training and out of it', async () => {
    const model = sequential(
      [
        rescaling(0.5, { offset: -0.25, inputShape: [4, 6, 2] }),
        reLu({ maxValue: 0.6, negativeSlope: 0.1, threshold: 0.2 }),
        maxPooling2d(2),
        spatialDropout2d(0.4),
        leakyReLu(),
        softmax(),
        reshape([3, -1, 2]),
        reshape([-1]),
        dense(5),
        elu({ alpha: 0.5 }),
        dense(3),
        softmax(),
      ],
      { seed: 3 },
    );
    await model.compile({ loss: 'binaryCrossentropy', executor: executorOf() });
    const [x, labels] = [numbers(8, 2 * 48, -1, 3), Float32Array.of(1, 0, 0, 0, 0, 1)];
    for (const training of [true, false]) {
      const inspection = await inspect(model, x, labels, { training });
      for (const { name, data } of Object.values(inspection.tensors)) {
        expect(layoutOf(inspection, name), name).toBeDefined();
        if (name.endsWith('/argmax')) continue;
        const largest = Math.max(...Array.from(data, Math.abs)) || 1;
        for (let index = 0; index < data.length; index += 5) {
          const { sum, value } = explainNumber(inspection, name, index);
          expect(Math.abs(sum - value) / largest, `${name}[${index}]`).toBeLessThan(1e-5);
        }
      }
      // A number of another shape may come from anywhere.
      expect(receptiveField(inspection, 6, 0)).toContainEqual({ tensor: 'layer5/output', top: 0, left: 0, height: 2, width: 3 });
    }
    await model.close();
  });

  test('a shape between a convolution, its relu and a pooling keeps them apart', async () => {
    for (const between of [
      [reshape([6, 7, 3]), reLu()],
      [reLu(), reshape([6, 7, 3])],
    ]) {
      const first = conv2d(3, 1, { inputShape: [7, 6, 2] });
      const model = sequential([first, ...between, maxPooling2d(), flatten(), dense(2), softmax()], { seed: 2 });
      await model.compile({ loss: 'categoricalCrossentropy', executor: executorOf() });
      const [x, y] = [numbers(9, 2 * 84, -1, 1), Float32Array.of(1, 0, 0, 1)];
      const { tensors } = await inspect(model, x, y, { training: false });
      expect(worst(await model.predict(x), Array.from(tensors.probabilities!.data))).toBeLessThan(1e-6);
      const { history } = await model.fit({ x, y, batchSize: 2, shuffle: false });
      expect(history.loss![0]).toBeCloseTo(tensors.loss!.data[0]!, 5);
      await model.close();
    }
  });

  test('a softmax layer at the end is one whose logits losses are computed from, as in tf_keras', async () => {
    const [x, y] = [Float32Array.of(0.3, 0.2, 0.7, 0.9, 0.1, 0.5), Float32Array.of(1, 0, 0, 0, 1, 0)];
    for (const [name, layers] of [
      ['softmax layer', [softmax()]],
      ['activation layer', [activation('softmax')]],
      ['reLu layer', [reLu()]],
      ['softmax, then reLu', [softmax(), reLu()]],
    ] as const) {
      const model = sequential([inputLayer([3]), ...layers]);
      await model.compile({ loss: 'binaryCrossentropy', executor: executorOf() });
      expect((await model.evaluate({ x, y })).loss, name).toBeCloseTo(keras.lastLayers[name]!, 5);
      await model.close();
    }
  });
});

test('an InputLayer says the shape, and is no layer of the model', async () => {
  const model = sequential([inputLayer([4]), dense(2, { activation: 'softmax' })], { seed: 1 });
  expect(model.layers.map(({ name }) => name)).toEqual(['dense']);
  expect(model.inputShape).toEqual([4]);
  await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  const checkpoint = readCheckpoint('it', await writeCheckpoint(model));
  const again = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  expect(await again.getWeights()).toEqual(await model.getWeights());
  await model.close();
  await again.close();
  expect(() => sequential([inputLayer([4])])).toThrow('there is no layer after the InputLayer');
  expect(() => sequential([dense(2, { inputShape: [4] }), inputLayer([2])])).toThrow('it can only be the first layer');
});

test.each([2, 3] as const)('a leaky ReLU has its field by the name of Keras %s', version => {
  const model = sequential([leakyReLu({ negativeSlope: 0.25, inputShape: [4] }), reLu({ maxValue: 6 }), activation('silu'), softmax()]);
  const json = JSON.parse(JSON.stringify(modelToKeras(model, version)));
  const [, leaky, bounded, silu] = json.config.layers.map(({ config }: { config: object }) => config);
  expect(leaky).toMatchObject(version === 2 ? { alpha: 0.25 } : { negative_slope: 0.25 });
  expect(leaky).not.toHaveProperty(version === 2 ? 'negative_slope' : 'alpha');
  expect(bounded).toMatchObject({ max_value: 6, negative_slope: 0, threshold: 0 });
  expect(silu).toMatchObject({ activation: version === 2 ? 'swish' : 'silu' });
  const again = modelFromKeras('it', json, version).model;
  expect(again.layers.map(({ layer }) => layer.config)).toEqual(model.layers.map(({ layer }) => layer.config));
});

test.each([
  [() => reLu({ threshold: -1 }), 'reLu.threshold is -1, wanted a number from 0 on'],
  [() => leakyReLu({ negativeSlope: Number.NaN }), 'leakyReLu.negativeSlope is NaN'],
  [() => elu({ alpha: -1 }), 'elu.alpha is -1'],
  [() => rescaling(Infinity), 'rescaling.scale is Infinity, wanted a number'],
  [() => spatialDropout2d(1), 'spatialDropout2d: rate is 1'],
  [() => sequential([spatialDropout2d(0.5, { inputShape: [4] })]), "layer 'spatial_dropout2d': spatialDropout2d: its input has shape [4]"],
  [() => sequential([reshape([4, 4], { inputShape: [15] })]), 'targetShape is [4, 4], its input [15]: wanted as many numbers'],
  [() => sequential([reshape([-1, -1], { inputShape: [16] })]), 'at most one axis of -1'],
  [() => sequential([reshape([3, -1], { inputShape: [16] })]), 'targetShape is [3, -1], its input [16]'],
  [() => sequential([reshape([0, -1], { inputShape: [16] })]), 'targetShape is [0, -1], its input [16]'],
])('%s is refused', (make, message) => {
  expect(make).toThrow(message);
});

test('a function has the names of either Keras, and none where it has no such function', () => {
  expect(fromKerasName('swish', 2)).toBe('silu');
  expect([toKerasName('silu', 2), toKerasName('silu', 3)]).toEqual(['swish', 'silu']);
  expect(fromKerasName('hard_sigmoid', 2)).toBe('hard_sigmoid');
  expect(fromKerasName('hard_sigmoid', 3)).toBe('hard_sigmoid_keras3');
  expect([toKerasName('hard_sigmoid', 3), toKerasName('hard_sigmoid_keras3', 2)]).toEqual([undefined, undefined]);
  expect(fromKerasName('hard_sigmoid_keras3', 3)).toBeUndefined();
  expect(fromKerasName('softsign', 3)).toBeUndefined();
});
