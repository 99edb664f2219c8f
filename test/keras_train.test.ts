import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import type { Executor } from '../src/engine/executor.js';
import type { Activation } from '../src/nn/activations.js';
import type { CompileOptions, Data } from '../src/nn/base_model.js';
import { lambdaCallback } from '../src/nn/callbacks/callback.js';
import type { EvaluateOptions } from '../src/nn/evaluate.js';
import type { FitOptions } from '../src/nn/fit_options.js';
import { dense } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, adamW, rmsprop, sgd } from '../src/nn/optimizers.js';
import {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
  type Schedule,
} from '../src/nn/schedules.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';

/** What keras_train.py writes. */
interface Goldens {
  readonly given: Readonly<Record<'x' | 'weight' | Labels, readonly number[]>> & { readonly kernels: readonly (readonly number[])[] };
  readonly cases: Readonly<Record<string, Golden>>;
  readonly rates: Readonly<Record<string, readonly number[]>>;
}

interface Golden {
  /** The mean of the epoch so far, after each step. */
  readonly means: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly weights: readonly (readonly number[])[];
  readonly evaluated?: Readonly<Record<string, number>>;
}

type Labels = 'onehot' | 'sparse' | 'real' | 'binary';

const { given, cases, rates } = JSON.parse(readFileSync(new URL('fixtures/keras_train.json', import.meta.url), 'utf8')) as Goldens;
const [FEATURES, HIDDEN, UNITS, BATCH, EPOCHS] = [4, 5, 3, 4, 3];

/** A case of keras_train.py in our words. */
interface Case
  extends Partial<Pick<CompileOptions, 'loss' | 'optimizer' | 'metrics'>>,
    Pick<FitOptions, 'classWeight' | 'stepsPerEpoch' | 'validationSteps'> {
  readonly y?: Labels;
  readonly last?: Activation;
  readonly units?: number;
  readonly sampleWeight?: true;
  readonly validation?: true;
  /** What is evaluated at the end, where something is. */
  readonly evaluated?: EvaluateOptions;
}

const sparse = { loss: 'sparseCategoricalCrossentropy', y: 'sparse' } as const;
const oneUnit = { loss: 'binaryCrossentropy', y: 'binary', last: 'sigmoid', units: 1 } as const;
const classWeight = { 0: 0.5, 1: 2, 2: 1.25 };

/** Made anew for each run, as an optimizer's learning rate may change. */
const ours: Readonly<Record<string, () => Case>> = {
  'sgd, momentum': () => ({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }),
  'sgd, nesterov': () => ({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }) }),
  'sgd, weightDecay': () => ({ optimizer: sgd({ learningRate: 0.1, momentum: 0.5, weightDecay: 0.2 }) }),
  rmsprop: () => ({ optimizer: rmsprop({ learningRate: 0.01 }) }),
  'rmsprop, momentum': () => ({ optimizer: rmsprop({ learningRate: 0.01, rho: 0.8, momentum: 0.5, epsilon: 1e-3 }) }),
  'rmsprop, centered': () => ({
    optimizer: rmsprop({ learningRate: 0.003, rho: 0.7, momentum: 0.3, epsilon: 1e-2, centered: true }),
  }),
  adam: () => ({ optimizer: adam({ learningRate: 0.01 }) }),
  'adam, clipnorm': () => ({ optimizer: adam({ learningRate: 0.01, clipnorm: 0.1 }) }),
  adamW: () => ({ optimizer: adamW({ learningRate: 0.02 }) }),
  'adamW, weightDecay': () => ({ optimizer: adamW({ learningRate: 0.02, weightDecay: 0.5, beta1: 0.8, beta2: 0.9 }) }),
  'sgd, clipnorm': () => ({ optimizer: sgd({ learningRate: 0.3, clipnorm: 0.2 }) }),
  'sgd, clipvalue': () => ({ optimizer: sgd({ learningRate: 0.3, clipvalue: 0.05 }) }),
  'sgd, globalClipnorm': () => ({ optimizer: sgd({ learningRate: 0.3, momentum: 0.5, globalClipnorm: 0.2 }) }),
  exponentialDecay: () => ({
    optimizer: sgd({ learningRate: exponentialDecay({ initialLearningRate: 0.3, decaySteps: 3, decayRate: 0.7 }) }),
  }),
  'adam, exponentialDecay': () => ({
    optimizer: adamW({
      learningRate: exponentialDecay({ initialLearningRate: 0.03, decaySteps: 3, decayRate: 0.7 }),
      weightDecay: 0.1,
    }),
  }),
  sparse: () => sparse,
  'sparse, probs': () => ({ ...sparse, loss: { name: sparse.loss, from: 'probs' } }),
  meanSquaredError: () => ({ loss: 'meanSquaredError', y: 'real', last: 'linear', metrics: [] }),
  'meanSquaredError of a softmax': () => ({ loss: 'meanSquaredError', validation: true }),
  meanAbsoluteError: () => ({ loss: 'meanAbsoluteError', y: 'real', last: 'tanh', metrics: [] }),
  binary: () => ({ loss: 'binaryCrossentropy' }),
  'binary, one unit': () => oneUnit,
  'binary, smoothing': () => ({ loss: { name: 'binaryCrossentropy', labelSmoothing: 0.2 } }),
  'binary, probs, smoothing': () => ({ loss: { name: 'binaryCrossentropy', from: 'probs', labelSmoothing: 0.2 } }),
  'categorical, smoothing': () => ({ loss: { name: 'categoricalCrossentropy', labelSmoothing: 0.1 } }),
  'categorical, probs, smoothing': () => ({ loss: { name: 'categoricalCrossentropy', from: 'probs', labelSmoothing: 0.1 } }),
  classWeight: () => ({ classWeight, validation: true }),
  'classWeight, sparse': () => ({ ...sparse, classWeight }),
  'classWeight, one unit': () => ({ ...oneUnit, classWeight: { 0: 0.5, 1: 3 } }),
  sampleWeight: () => ({ sampleWeight: true, evaluated: {} }),
  'sampleWeight and classWeight': () => ({ loss: 'meanSquaredError', sampleWeight: true, classWeight }),
  stepsPerEpoch: () => ({ stepsPerEpoch: 3 }),
  metrics: () => ({
    metrics: [
      'acc',
      'categoricalAccuracy',
      'binaryAccuracy',
      { name: 'topKCategoricalAccuracy', k: 2 },
      ...['precision', 'recall', 'auc', 'mse', 'mae'],
    ],
    validation: true,
    evaluated: {},
  }),
  'metrics, sparse': () => ({
    ...sparse,
    metrics: ['accuracy', 'sparseCategoricalAccuracy', { name: 'sparseTopKCategoricalAccuracy', k: 2 }],
    sampleWeight: true,
    validation: true,
  }),
  'metrics, one unit': () => ({ ...oneUnit, metrics: ['acc', 'binaryAccuracy', 'precision', 'recall', 'auc', 'mse', 'mae'] }),
  validationSteps: () => ({ validation: true, validationSteps: 2, evaluated: { steps: 3 } }),
};

const gpu = useGpu();

/** Two dense layers with the weights that keras_train.py gives them. */
async function compiled(of: Case, executor: Executor): Promise<Sequential> {
  const {
    optimizer = sgd({ learningRate: 0.2 }),
    loss = 'categoricalCrossentropy',
    metrics = ['acc'],
    last = 'softmax',
    units = UNITS,
  } = of;
  const model = sequential([dense(HIDDEN, { activation: 'tanh', inputShape: [FEATURES] }), dense(units, { activation: last })]);
  const [first, second] = given.kernels;
  model.setWeights({
    'dense.kernel': first!,
    'dense.bias': new Float32Array(HIDDEN),
    'dense_1.kernel': second!.filter((_, i) => i % UNITS < units),
    'dense_1.bias': new Float32Array(units),
  });
  await model.compile({ optimizer, loss, metrics, executor });
  return model;
}

/** The largest difference relative to the larger of the number wanted and 1e-3. */
function far(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  return Math.max(...Array.from(wanted, (value, i) => Math.abs(found[i]! - value) / Math.max(Math.abs(value), 1e-3)));
}

test('there is a golden for each case, and a case for each golden', () => {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(cases).sort());
});

const executors = { 'the CPU reference': () => new ReferenceExecutor(), 'the GPU': () => gpu() };

test.each(Object.keys(cases).flatMap(name => Object.entries(executors).map(([on, executor]) => [name, on, executor] as const)))(
  'trains as tf_keras does: %s, on %s',
  async (name, _, executor) => {
    const of = ours[name]!();
    const { means, history, weights, evaluated } = cases[name]!;
    const model = await compiled(of, executor());
    const data = (sampleWeight?: Float32Array): Data => {
      const [x, y] = [given.x, given[of.y ?? 'onehot']].map(numbers => Float32Array.from(numbers)) as [Float32Array, Float32Array];
      return { x, y, batchSize: BATCH, shuffle: false, sampleWeight };
    };
    const sampleWeight = of.sampleWeight && Float32Array.from(given.weight);
    const found: number[] = [];
    const told = lambdaCallback({ onBatchesEnd: (__, logs) => void found.push(...logs.map(({ loss }) => loss!)) });
    const options = { ...of, epochs: EPOCHS, shuffle: false, callbacks: [told], validationData: of.validation && data() };
    const run = await model.fit(data(sampleWeight), options);
    expect(far(found.slice(0, 1), means.slice(0, 1))).toBeLessThan(1e-6);
    expect(far(found, means)).toBeLessThan(1e-5);
    expect(Object.keys(run.history)).toEqual(Object.keys(history));
    for (const [key, values] of Object.entries(history)) expect(far(run.history[key]!, values), key).toBeLessThan(1e-5);
    if (of.evaluated) {
      const scores = await model.evaluate(data(sampleWeight), of.evaluated);
      for (const [key, value] of Object.entries(evaluated!)) expect(far([scores[key]!], [value]), key).toBeLessThan(1e-5);
    }
    const end = Object.values(await model.getWeights());
    for (const [i, wanted] of weights.entries()) expect(compare(end[i]!, Float32Array.from(wanted)).error).toBeLessThan(1e-5);
    await model.close();
  },
);

test('learning rates of schedules are those of tf_keras', () => {
  const initialLearningRate = 0.3;
  const schedules: Readonly<Record<string, Schedule>> = {
    exponentialDecay: exponentialDecay({ initialLearningRate, decaySteps: 7, decayRate: 0.6 }),
    'exponentialDecay, staircase': exponentialDecay({ initialLearningRate, decaySteps: 7, decayRate: 0.6, staircase: true }),
    piecewiseConstantDecay: piecewiseConstantDecay({ boundaries: [3, 8], values: [0.3, 0.1, 0.03] }),
    polynomialDecay: polynomialDecay({ initialLearningRate, decaySteps: 9, endLearningRate: 0.01, power: 2 }),
    'polynomialDecay, cycle': polynomialDecay({ initialLearningRate, decaySteps: 9, endLearningRate: 0.01, power: 0.5, cycle: true }),
    inverseTimeDecay: inverseTimeDecay({ initialLearningRate, decaySteps: 5, decayRate: 0.6 }),
    'inverseTimeDecay, staircase': inverseTimeDecay({ initialLearningRate, decaySteps: 5, decayRate: 0.6, staircase: true }),
    cosineDecay: cosineDecay({ initialLearningRate, decaySteps: 17, alpha: 0.1 }),
    'cosineDecay, warmup': cosineDecay({ initialLearningRate: 0.03, decaySteps: 13, alpha: 0.1, warmupTarget: 0.5, warmupSteps: 6 }),
  };
  expect(Object.keys(schedules)).toEqual(Object.keys(rates));
  for (const [name, wanted] of Object.entries(rates)) {
    const found = wanted.map((_, step) => schedules[name]!.at(step));
    for (const [step, rate] of wanted.entries()) expect(Math.abs(found[step]! - rate) / rate, `${name}, step ${step}`).toBeLessThan(3e-7);
  }
});
