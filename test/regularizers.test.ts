import { describe, expect, test } from 'vitest';
import { RandomState } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import { type ArrayBatch, ArraySource } from '../src/nn/arrays.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, sgd } from '../src/nn/optimizers.js';
import { l1, l1L2, l2, type RegularizerOption, readRegularizer } from '../src/nn/regularizers.js';
import type { Source } from '../src/nn/source.js';
import { traceModel } from '../src/nn/trace.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import keras from './fixtures/keras_weights.json' with { type: 'json' };
import { useGpu } from './helpers/gpu.js';

const gpu = useGpu();
/** Takes a batch in parts. */
const limited = useGpu({ maxBindingBytes: 8192 });

/** The model and the data of test/fixtures/keras_weights.py. */
const network = (): Sequential =>
  sequential(
    [
      conv2d(4, 3, { activation: 'relu', kernelRegularizer: l2(0.02), biasRegularizer: l1(0.1), inputShape: [9, 11, 2] }),
      maxPooling2d(2),
      flatten(),
      dropout(0.3, { trainable: false }),
      dense(6, { activation: 'relu', kernelRegularizer: l1L2({ l1: 0.01, l2: 0.03 }), trainable: false }),
      dense(5, { activation: 'relu', kernelRegularizer: { className: 'L1L2', config: { l2: 0.03 } } }),
      dense(3, { activation: 'softmax', kernelRegularizer: 'l1', biasRegularizer: 'l1_l2' }),
    ],
    { seed: 5 },
  );

function data(): { readonly x: Float32Array; readonly y: Float32Array } {
  const random = new RandomState(8);
  const x = new Float32Array(23 * 9 * 11 * 2).map(() => random.uniform(-1, 1));
  return { x, y: Float32Array.from({ length: 23 * 3 }, (_, i) => Number(Math.floor(i / 3) % 3 === i % 3)) };
}

const source = (rows: number, batchSize: number): Source => {
  const { x, y } = data();
  return new ArraySource(x.slice(0, rows * 198), [9, 11, 2], y.slice(0, rows * 3), { batchSize, shuffle: false });
};

const near = (found: readonly number[], wanted: readonly number[], tolerance: number): void =>
  wanted.forEach((value, i) => {
    expect(Math.abs(found[i]! - value), `${i}: ${found[i]} for ${value}`).toBeLessThan(tolerance);
  });

describe.each([
  ['reference', () => new ReferenceExecutor()],
  ['GPU', () => gpu()],
  ['GPU in parts', () => limited()],
] as const)('regularizers, on the %s', (_, executorOf) => {
  test.each([
    ['adam', () => adam()],
    ['sgd', () => sgd({ learningRate: 0.05, momentum: 0.9 })],
  ] as const)("give tf_keras' losses and weights: %s", async (name, optimizer) => {
    const golden = keras.trained[name];
    const model = network();
    await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor: executorOf(), optimizer: optimizer() });
    const { loss, acc } = await model.evaluate(source(23, 5));
    near([loss, acc!], golden.evaluated, 2e-6);
    const { history } = await model.fit(source(23, 5), { epochs: 3, shuffle: false, validationData: source(7, 5) });
    near(history.loss!, golden.loss, 1e-5);
    near(history.val_loss!, golden.val_loss, 1e-5);
    const weights = Object.values(await model.getWeights());
    for (const [i, wanted] of golden.weights.entries()) near([...weights[i]!], wanted, 1e-5);
    await model.close();
  });
});

test('a checkpoint keeps them, and goes on with the same bytes', async () => {
  const whole = network();
  const compileOf = { loss: 'categoricalCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() } as const;
  await whole.compile(compileOf);
  const bytes = await writeCheckpoint(whole);
  await whole.fit(source(23, 5), { epochs: 1, shuffle: false });
  const read = await compileCheckpoint(readCheckpoint('it', bytes), new ReferenceExecutor());
  expect(read.layers.map(({ layer }) => layer.config)).toEqual(network().layers.map(({ layer }) => layer.config));
  await read.fit(source(23, 5), { epochs: 1, shuffle: false });
  expect(await read.getWeights()).toEqual(await whole.getWeights());
});

test('a loss and the gradients of weights are explained with what regularizers add', async () => {
  const model = network();
  await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  await model.fit(source(23, 5), { epochs: 1 });
  const { x, labels } = source(5, 5).batch(0) as ArrayBatch;
  const inspection = await inspect(model, x, labels!);
  const loss = explainNumber(inspection, 'loss', 0);
  expect(loss.terms.filter(({ label }) => label.includes('Σ')).map(({ label }) => label)).toEqual([
    'l2 · Σ w² of conv2d.kernel',
    'l1 · Σ |w| of conv2d.bias',
    'l1 · Σ |w| of dense.kernel',
    'l2 · Σ w² of dense.kernel',
    'l2 · Σ w² of dense_1.kernel',
    'l1 · Σ |w| of dense_2.kernel',
    'l1 · Σ |w| of dense_2.bias',
    'l2 · Σ w² of dense_2.bias',
  ]);
  expect(Math.abs(loss.sum - loss.value)).toBeLessThan(1e-6);
  for (const name of ['layer0/kernel', 'layer0/bias', 'layer5/kernel', 'layer6/kernel', 'layer6/bias']) {
    const { data: gradient } = inspection.tensors[`${name}/gradient`]!;
    const largest = Math.max(...Array.from(gradient, Math.abs));
    for (let index = 0; index < gradient.length; index += 3) {
      const { sum, value, terms } = explainNumber(inspection, `${name}/gradient`, index);
      expect(Math.abs(sum - value) / largest, `${name}[${index}]`).toBeLessThan(1e-5);
      expect(terms.some(({ label }) => label.startsWith('penalty'))).toBe(true);
    }
  }
  await model.close();
});

test('a model without them has no node for them', async () => {
  const model = sequential([dense(3, { activation: 'softmax', inputShape: [4] })], { seed: 1 });
  expect(model.layers[0]!.layer.config).toEqual({ units: 3, activation: 'softmax' });
  await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  const rows = new ArraySource(new Float32Array(4), [4], new Float32Array(3), {});
  const { graph } = traceModel(model, model.compiled, model.compiled.plans, 'train', rows);
  expect(graph.nodes.map(({ op }) => op)).toEqual([
    'dense_forward',
    'softmax_forward',
    'categorical_crossentropy_logits_forward',
    'categorical_accuracy',
    'categorical_crossentropy_logits_backward',
    'dense_backward_input',
    'dense_backward_kernel',
    'record',
    'adam',
  ]);
  await model.close();
});

describe('a regularizer', () => {
  const l2Of = (factor: number) => ({ className: 'L2', config: { l2: factor } });
  test.each([
    ['l2', l2Of(0.01)],
    [{ class_name: 'L2', config: { l2: 0.009999999776482582 } }, l2Of(0.009999999776482582)],
    [{ module: 'keras.regularizers', class_name: 'L2', config: { l2: 0.5 }, registered_name: null }, l2Of(0.5)],
    [
      { class_name: 'L1L2', config: { l1: 0, l2: 0.5 } },
      { className: 'L1L2', config: { l1: 0, l2: 0.5 } },
    ],
    ['l1_l2', { className: 'L1L2', config: { l1: 0.01, l2: 0.01 } }],
  ] as const)('is read from %j', (given, wanted) => expect(readRegularizer(given, 'it')).toEqual(wanted));

  test.each([
    ['l3', "it is 'l3', wanted 'l1', 'l2', 'l1_l2'"],
    [{ class_name: 'OrthogonalRegularizer', config: {} }, "it is of class 'OrthogonalRegularizer'; supported are L1, L2, L1L2"],
    [{ class_name: '__proto__', config: {} }, "it is of class '__proto__'"],
    [{ class_name: 'L2', config: { l2: -1 } }, 'it.config.l2 is -1, wanted a number from 0 on'],
    [7, 'it is 7, wanted an object'],
  ] as const)('is refused: %j', (given, message) => {
    expect(() => readRegularizer(given, 'it')).toThrow(message);
    expect(() => dense(3, { kernelRegularizer: given as RegularizerOption })).toThrow(/^dense\.kernelRegularizer/);
  });

  test('of the output, and constraints, are refused by name', () => {
    for (const name of ['activityRegularizer', 'kernelConstraint', 'biasConstraint']) {
      expect(() => dense(3, { [name]: 'l2' } as object)).toThrow(`dense.${name} is 'l2': it is not supported`);
    }
  });
});
