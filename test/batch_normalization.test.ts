import { afterEach, describe, expect, test } from 'vitest';
import type { Executor } from '../src/engine/executor.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { RandomState, setRandomSeed } from '../src/engine/random.js';
import { type Shape, sizeOf } from '../src/engine/shape.js';
import type { Tensor } from '../src/engine/tensor.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import { ArraySource } from '../src/nn/arrays.js';
import { batchNormalizationRecord } from '../src/nn/layers/batch_normalization.js';
import {
  activation,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  elu,
  flatten,
  inputLayer,
  leakyReLu,
  maxPooling2d,
  reLu,
  rescaling,
  reshape,
  separableConv2d,
  softmax,
  spatialDropout2d,
} from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, sgd } from '../src/nn/optimizers.js';
import { tensorOf, traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { gradients } from '../src/ops/gradients.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { layoutOf } from '../src/studio/page/state/layout.js';
import { useGpu } from './helpers/gpu.js';
import { losing } from './helpers/lose_devices.mjs';
import { fixtureJson } from './helpers/shared.js';

interface Pass {
  readonly output: readonly number[];
  readonly dInput: readonly number[];
  readonly dWeights: readonly (readonly number[])[];
  readonly moving: readonly [mean: readonly number[], variance: readonly number[]];
}

/** From fixtures/keras_norm.py. */
const keras = fixtureJson<{
  readonly normalization: readonly {
    readonly shape: Shape;
    readonly config: Readonly<Record<string, unknown>>;
    readonly training: Pass;
    readonly inference: Pass;
  }[];
  readonly trained: readonly {
    readonly frozen: boolean;
    readonly history: Readonly<Record<string, readonly number[]>>;
    readonly predictions: readonly number[];
    readonly weights: readonly { readonly shape: Shape; readonly values: readonly number[] }[];
  }[];
}>('keras_norm.json');

const gpu = useGpu();
/** Binds the history of losses, and not a whole batch of the first layer's maps. */
const limited = useGpu({ maxBindingBytes: 8192 });

afterEach(() => losing.loseAt());

const EXECUTORS = [
  ['reference', () => new ReferenceExecutor()],
  ['GPU', () => gpu()],
] as const;

/** numpy's RandomState(seed).uniform(low, high) as float32. */
function numbers(seed: number, count: number, low: number, high: number): Float32Array {
  const random = new RandomState(seed);
  return Float32Array.from({ length: count }, () => random.uniform(low, high));
}

/** The worst difference, relative to the largest number. */
function worst(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  const largest = Math.max(...Array.from(wanted, Math.abs)) || 1;
  return Math.max(...Array.from(wanted, (value, i) => Math.abs(found[i]! - value) / largest));
}

describe.each(EXECUTORS)("a layer gives tf_keras' numbers, gradients and moving statistics: %s", (_, executorOf) => {
  const cases = keras.normalization.flatMap(({ shape, config, ...passes }) =>
    (['training', 'inference'] as const).flatMap(pass =>
      // A batch that is not full has rows beyond, which count for nothing.
      (pass === 'training' ? [0, 2] : [0]).map(beyond => ({ shape, config, pass, beyond, wanted: passes[pass] })),
    ),
  );
  test.each(cases)('$shape $config, $pass, $beyond rows beyond', async ({ shape, config, pass, beyond, wanted }) => {
    const read = batchNormalizationRecord.config(config, 'config');
    const [rows, channels] = [shape[0]!, shape.at(-1)!];
    const full = [rows + beyond, ...shape.slice(1)];
    const graph = new Graph();
    const [input, dOutput] = [graph.input('input', full), graph.input('dOutput', full)];
    const specs = batchNormalizationRecord.weights!(read, shape.slice(1));
    const weights = Object.fromEntries(specs.map(({ name }) => [name, graph.input(name, [channels])]));
    const context = { weights, training: pass === 'training', trainable: true, firstRow: 0, seed: 0, stream: 0 };
    const { output, state } = batchNormalizationRecord.call(read, input, context);
    const trained = specs.filter(({ trainable = true }) => trainable).map(({ name }) => weights[name]!);
    const slopes = gradients(graph, output, [input, ...trained], dOutput);
    const moved = ['moving_mean', 'moving_variance'].map(name => state?.[name] ?? weights[name]!);
    const executable = await executorOf().prepare(makePlan(graph, { outputs: [output, ...slopes, ...moved] }));
    const padded = (values: Float32Array, by: number): Float32Array =>
      Float32Array.from({ length: sizeOf(full) }, (__, i) => values[i] ?? by);
    executable.write(input, padded(numbers(3, sizeOf(shape), -1, 4), 1000));
    executable.write(dOutput, padded(numbers(4, sizeOf(shape), -1, 1), 0));
    for (const [i, { name }] of specs.entries()) executable.write(weights[name]!, numbers(5 + i, channels, 0.5, 2));
    executable.run({ rows });
    const found = async (tensor: Tensor, size = sizeOf(shape)) => (await executable.read(tensor)).subarray(0, size);
    expect(worst(await found(output), wanted.output)).toBeLessThan(1e-6);
    // Of a single number nothing is left but rounding.
    const [dInput, ...dWeights] = slopes as [Tensor, ...Tensor[]];
    const isAlone = sizeOf(shape) === channels && pass === 'training';
    if (isAlone) expect(Math.max(...(await found(dInput)).map(Math.abs))).toBeLessThan(1e-6);
    else expect(worst(await found(dInput), wanted.dInput)).toBeLessThan(3e-6);
    for (const [i, slope] of dWeights.entries()) expect(worst(await found(slope, channels), wanted.dWeights[i]!)).toBeLessThan(2e-6);
    for (const [i, tensor] of moved.entries()) expect(worst(await found(tensor, channels), wanted.moving[i]!)).toBeLessThan(1e-6);
    executable.release();
  });
});

const network = (frozen = false): Sequential =>
  sequential(
    [
      inputLayer([8, 8, 2]),
      rescaling(2, { offset: -1 }),
      conv2d(4, 3, { useBias: false }),
      batchNormalization({ momentum: 0.9, trainable: !frozen }),
      reLu({ maxValue: 6 }),
      maxPooling2d(),
      spatialDropout2d(0.25),
      conv2d(3, 2, { useBias: false }),
      batchNormalization({ momentum: 0.9, center: false }),
      leakyReLu({ negativeSlope: 0.1 }),
      reshape([-1]),
      dense(5, { useBias: false }),
      batchNormalization({ momentum: 0.8 }),
      elu({ alpha: 0.7 }),
      dense(3),
      softmax(),
    ],
    { seed: 5 },
  );

/** The pictures of the script, in batches of 8. */
const data = (rows = 22) => ({
  x: numbers(11, 22 * 128, 0, 1).subarray(0, rows * 128),
  y: Float32Array.from({ length: 3 * rows }, (_, i) => (Math.floor(i / 3) % 3 === i % 3 ? 1 : 0)),
  batchSize: 8,
  shuffle: false,
});

async function compiled(executor: Executor, frozen = false, optimizer = adam({ learningRate: 0.01 })): Promise<Sequential> {
  const model = network(frozen);
  await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor, optimizer });
  return model;
}

describe.each(EXECUTORS)('a model with such layers, on the %s', (_, executorOf) => {
  test.each(keras.trained)(
    'trains as in tf_keras, its smaller last batches too; frozen: $frozen',
    async ({ frozen, history, predictions, weights }) => {
      const model = await compiled(executorOf(), frozen, sgd({ learningRate: 0.05 }));
      const { history: found } = await model.fit(data(), { epochs: 3, shuffle: false, validationData: data() });
      for (const name of ['loss', 'val_loss']) {
        found[name]!.forEach((loss, epoch) => {
          expect(Math.abs(loss - history[name]![epoch]!), `${name} of epoch ${epoch}`).toBeLessThan(1e-5);
        });
      }
      expect(worst(await model.predict(data().x), predictions)).toBeLessThan(5e-6);
      const own = await model.getWeights();
      const specs = model.weightSpecs;
      expect(specs.map(({ shape }) => shape)).toEqual(weights.map(({ shape }) => shape));
      for (const [i, { name }] of specs.entries()) expect(worst(own[name]!, weights[i]!.values), name).toBeLessThan(2e-5);
      await model.close();
    },
  );

  test('gives the same bytes when a run goes on from a checkpoint', async () => {
    const bytesAfter = async (epochs: number): Promise<Buffer> => {
      setRandomSeed(7);
      const model = await compiled(executorOf());
      await model.fit(data(), { epochs, validationData: data() });
      const bytes = Buffer.from(await writeCheckpoint(model));
      await model.close();
      return bytes;
    };
    const whole = await bytesAfter(2);
    const half = readCheckpoint('half.safetensors', await bytesAfter(1));
    const model = await compileCheckpoint(half, executorOf());
    await model.fit(data(), { epochs: 2, resume: half.training!, validationData: data() });
    expect(Buffer.from(await writeCheckpoint(model))).toEqual(whole);
    await model.close();
  });

  test.each([
    [true, false],
    [true, true],
    [false, false],
  ])('every number is explained; training: %s, frozen: %s', async (training, frozen) => {
    const model = await compiled(executorOf(), frozen);
    await model.fit(data(), { epochs: 1 });
    const { x, y } = data(3);
    const inspection = await inspect(model, x, y, { training });
    for (const { name, data: values } of Object.values(inspection.tensors)) {
      expect(layoutOf(inspection, name), name).toBeDefined();
      if (name.endsWith('/argmax')) continue;
      const largest = Math.max(...Array.from(values, Math.abs)) || 1;
      for (let index = 0; index < values.length; index += Math.ceil(values.length / 7)) {
        const { sum, value } = explainNumber(inspection, name, index);
        expect(Math.abs(sum - value) / largest, `${name}[${index}]`).toBeLessThan(1e-5);
      }
    }
    const moved = (name: string): boolean =>
      Buffer.from(inspection.tensors[`${name}/updated`]!.data.buffer).compare(Buffer.from(inspection.tensors[name]!.data.buffer)) !== 0;
    expect(moved('layer2/moving_mean')).toBe(training && !frozen);
    expect(moved('layer7/moving_variance')).toBe(training);
    await model.close();
  });
});

test('moving statistics survive the loss of the device', async () => {
  const run = async (snapshotSteps?: number): Promise<Buffer> => {
    setRandomSeed(7);
    const model = await compiled(gpu());
    await model.fit(data(), { epochs: 2, ...(snapshotSteps && { snapshotSteps }) });
    const bytes = Buffer.from(await writeCheckpoint(model));
    await model.close();
    return bytes;
  };
  const before = losing.submissions;
  const whole = await run();
  const submissions = losing.submissions - before;
  const { losses } = losing;
  losing.loseAt(Math.floor(submissions * 0.6));
  expect(await run(2)).toEqual(whole);
  expect(losing.losses).toBeGreaterThan(losses);
});

test('a batch that must be divided is refused in training by name, and not in evaluation', async () => {
  const model = await compiled(limited());
  const large = { x: new Float32Array(40 * 128), y: new Float32Array(40 * 3), batchSize: 40 };
  await expect(model.fit(large, { epochs: 1 })).rejects.toThrow(/'batch_normalization\.moving_mean' is updated from whole batches/);
  await expect(model.evaluate(large)).resolves.toBeDefined();
  await model.close();
});

test('a wrong axis is refused', () => {
  const make = (config: object, inputShape: Shape) => () =>
    sequential([
      activation('relu', { inputShape }),
      Object.assign(Object.create(Object.getPrototypeOf(batchNormalization())), batchNormalization(), { config }),
    ]);
  expect(make({ ...batchNormalizationRecord.config({ axis: [3] }, 'config') }, [4, 4, 2])).not.toThrow();
  expect(make({ ...batchNormalizationRecord.config({ axis: 1 }, 'config') }, [4, 4, 2])).toThrow(
    "layer 'batch_normalization': batchNormalization: axis is 1, wanted -1 or 3, the last one of its input",
  );
  expect(() => batchNormalization({ momentum: 1.5 })).toThrow('batchNormalization.momentum is 1.5, wanted a number from 0 to 1');
});

describe.each(EXECUTORS)('in inference it is folded into the layer before it, on the %s', (_, executorOf) => {
  const layers = (): Sequential =>
    sequential(
      [
        conv2d(4, 3, { useBias: false, inputShape: [10, 9, 2] }),
        batchNormalization(),
        reLu(),
        maxPooling2d(),
        depthwiseConv2d(2, { depthMultiplier: 2 }),
        batchNormalization({ scale: false }),
        activation('relu'),
        separableConv2d(5, 2),
        batchNormalization({ center: false }),
        conv2d(3, 1, { activation: 'relu' }),
        // After a function it stays what it is.
        batchNormalization(),
        flatten(),
        dense(4),
        batchNormalization(),
        dense(2, { activation: 'softmax' }),
      ],
      { seed: 9 },
    );
  const compiledLayers = async (): Promise<Sequential> => {
    const model = layers();
    const off = model.weightSpecs.map(({ name, shape }, i) => [name, numbers(40 + i, sizeOf(shape), 0.2, 0.9)] as const);
    model.setWeights({ ...(await model.getWeights()), ...Object.fromEntries(off.filter(([name]) => name.startsWith('batch_'))) });
    await model.compile({ loss: 'categoricalCrossentropy', executor: executorOf() });
    return model;
  };
  const opsOf = (model: Sequential, mode: 'predict' | 'train', outputs: readonly string[] = []): string[] => {
    const source = new ArraySource(new Float32Array(360), [10, 9, 2], new Float32Array(4), { batchSize: 2 });
    const trace = traceModel(model, model.compiled, model.compiled.plans, mode, source);
    const wanted = [...(mode === 'predict' ? ['probabilities'] : []), ...outputs].map(name => tensorOf(trace, name));
    return makePlan(trace.graph, { outputs: wanted, fusions: FUSIONS }).nodes.map(({ op }) => op);
  };

  test('and gives the same predictions, those that are kept unfolded', async () => {
    const model = await compiledLayers();
    const x = numbers(50, 5 * 180, -1, 1);
    const found = await model.predict(x);
    const { tensors } = await inspect(
      model,
      x,
      Float32Array.from({ length: 10 }, (__, i) => i % 2),
      { training: false },
    );
    expect(worst(found, tensors.probabilities!.data as Float32Array)).toBeLessThan(1e-6);
    await model.close();
  });

  test('where nothing else needs what lies between', async () => {
    const model = await compiledLayers();
    const count = (ops: readonly string[], op: string): number => ops.filter(each => each === op).length;
    const folded = opsOf(model, 'predict');
    expect([count(folded, 'fold_norm'), count(folded, 'running_norm_forward')]).toEqual([4, 1]);
    // The first convolution is pooled in its kernel, too.
    expect(count(folded, 'conv2d_pool_forward')).toBe(1);
    const looked = opsOf(model, 'predict', ['layer0/output']);
    expect([count(looked, 'fold_norm'), count(looked, 'running_norm_forward')]).toEqual([3, 2]);
    expect(count(opsOf(model, 'train'), 'fold_norm')).toBe(0);
    await model.close();
  });

  test('but not where a shape between makes other channels of its filters', async () => {
    const model = sequential(
      [
        conv2d(4, 3, { inputShape: [5, 4, 2] }),
        flatten(),
        batchNormalization(),
        reshape([2, 3, 4]),
        batchNormalization(),
        flatten(),
        dense(2),
        softmax(),
      ],
      { seed: 3 },
    );
    await model.compile({ loss: 'categoricalCrossentropy', executor: executorOf() });
    const [x, y] = [numbers(60, 3 * 40, -1, 1), Float32Array.of(1, 0, 0, 1, 1, 0)];
    await model.fit({ x, y }, { epochs: 2 });
    const { tensors } = await inspect(model, x, y, { training: false });
    expect(worst(await model.predict(x), tensors.probabilities!.data as Float32Array)).toBeLessThan(1e-6);
    await model.close();
  });

  test('and weights that are set anew count at once', async () => {
    const model = await compiledLayers();
    const x = numbers(50, 5 * 180, -1, 1);
    const before = await model.predict(x);
    const weights = await model.getWeights();
    model.setWeights({ ...weights, 'batch_normalization.moving_mean': Float32Array.of(1, 2, 3, 4) });
    expect(worst(await model.predict(x), before)).toBeGreaterThan(1e-3);
    model.setWeights(weights);
    expect(await model.predict(x)).toEqual(before);
    await model.close();
  });
});
