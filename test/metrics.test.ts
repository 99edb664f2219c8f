import { expect, test } from 'vitest';
import { setRandomSeed } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { compileConfigOf, compileFromKeras, trainingConfig } from '../src/formats/keras/compile.js';
import type { CompileConfig } from '../src/nn/config.js';
import { dense } from '../src/nn/layers.js';
import type { Loss } from '../src/nn/losses.js';
import { areaUnderCurve, type Metric } from '../src/nn/metrics.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adamW, rmsprop, sgd } from '../src/nn/optimizers.js';
import { cosineDecay } from '../src/nn/schedules.js';
import { ReferenceExecutor } from '../src/reference/executor.js';

const x = Float32Array.from({ length: 10 * 3 }, (_, i) => Math.sin(i * i));
const y = Float32Array.from({ length: 10 * 3 }, (_, i) => Number(i % 3 === Math.floor(i / 3) % 3));

const network = (units = 3): Sequential => sequential([dense(units, { activation: 'softmax', inputShape: [3] })], { seed: 3 });

const metrics: readonly Metric[] = [
  'acc',
  'auc',
  { name: 'auc', key: 'coarse', numThresholds: 7 },
  { name: 'precision', threshold: 0.3 },
  'mae',
  { name: 'topKCategoricalAccuracy', k: 2 },
];

test('a run with metrics goes on from the midst of an epoch bit for bit, their counts with it', async () => {
  const compiled = async (): Promise<Sequential> => {
    setRandomSeed(1);
    const model = network();
    await model.compile({ loss: 'categoricalCrossentropy', metrics, executor: new ReferenceExecutor() });
    return model;
  };
  const whole = await compiled();
  const { history } = await whole.fit({ x, y, batchSize: 4 }, { epochs: 3 });
  expect(Object.keys(history)).toEqual(['loss', 'acc', 'auc', 'coarse', 'precision', 'mae', 'top_k_categorical_accuracy']);
  const first = await compiled();
  const stop = new AbortController();
  await first.fit(
    { x, y, batchSize: 4 },
    { epochs: 3, signal: stop.signal, callbacks: [{ onBatchBegin: () => void (first.step === 4 && stop.abort()) }] },
  );
  expect(first.training!.totals.counts!.some(count => count > 0)).toBe(true);
  const checkpoint = readCheckpoint('first', await writeCheckpoint(first));
  const second = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  await second.fit({ x, y, batchSize: 4 }, { epochs: 3, resume: second.training });
  expect(await writeCheckpoint(second)).toEqual(await writeCheckpoint(whole));
});

test('metrics that do not exist, do not fit the labels or share a name are refused', () => {
  const model = network();
  const refused = (given: readonly unknown[], loss: Loss = 'categoricalCrossentropy') =>
    expect(() => model.checkCompile(loss, given as readonly Metric[]));
  refused(['f1']).toThrow("metric 'f1' is not supported; wanted 'acc' or");
  refused([null]).toThrow('metrics is a list of 1, wanted a list of names');
  refused('acc' as unknown as []).toThrow("metrics is 'acc', wanted a list of names");
  refused([], null as unknown as Loss).toThrow('the loss is null, wanted binaryCrossentropy or');
  refused(['acc', 'acc']).toThrow("metric 'acc' is there twice");
  refused([{ name: 'auc', key: 'loss' }]).toThrow("metric 'loss' is there twice, or has the name of another number");
  refused([{ name: 'auc', k: 2 }]).toThrow("metric auc has no option 'k'; it has numThresholds");
  refused([{ name: 'auc', numThresholds: 1 }]).toThrow('numThresholds of metric auc is 1, wanted a whole number from 2');
  refused([{ name: 'topKCategoricalAccuracy', k: 1.5 }]).toThrow('k of metric topKCategoricalAccuracy is 1.5');
  refused(['sparseCategoricalAccuracy']).toThrow('does not fit categoricalCrossentropy');
  refused(['precision'], 'sparseCategoricalCrossentropy').toThrow(
    'does not fit sparseCategoricalCrossentropy, whose labels are class numbers',
  );
});

test('the area under the curve of scores that tell nothing, all or the wrong way', () => {
  expect(areaUnderCurve([0, 0, 4, 6, 0, 0])).toBe(1);
  expect(areaUnderCurve([4, 0, 0, 0, 0, 6])).toBe(0);
  expect(areaUnderCurve([0, 4, 0, 0, 6, 0])).toBe(0.5);
  expect(areaUnderCurve([0, 0, 0, 0, 0, 0])).toBe(0);
});

test('how a model is trained comes back from Keras’ JSON as it went', async () => {
  const losses: readonly Loss[] = [
    'meanSquaredError',
    { name: 'binaryCrossentropy', labelSmoothing: 0.1 },
    { name: 'categoricalCrossentropy', from: 'logits' },
  ];
  const optimizers = [
    () => rmsprop({ momentum: 0.5, centered: true, clipvalue: 0.2 }),
    () => adamW({ weightDecay: 0.02, globalClipnorm: 2 }),
    () => sgd({ momentum: 0.9, nesterov: true, clipnorm: 1, learningRate: cosineDecay({ initialLearningRate: 0.1, decaySteps: 9 }) }),
  ];
  for (const loss of losses) {
    for (const optimizer of optimizers) {
      const model = network();
      await model.compile({ loss, optimizer: optimizer(), metrics, executor: new ReferenceExecutor() });
      const { compile } = readCheckpoint('it', await writeCheckpoint(model));
      for (const json of [trainingConfig(compile!, 'tf'), compileConfigOf(compile!)]) {
        const found = compileFromKeras(JSON.parse(JSON.stringify(json)), model, 'logits');
        expect([found.untrainable, found.notes]).toEqual([undefined, []]);
        expect(JSON.parse(JSON.stringify(found.compile)) as CompileConfig).toEqual(JSON.parse(JSON.stringify(compile)));
      }
    }
  }
});

test('metrics of Keras’ files are taken by what they are called there; others are left out and named', () => {
  const model = network();
  const given = [
    [{ class_name: 'MeanMetricWrapper', config: { name: 'acc', dtype: 'float32', fn: 'categorical_accuracy' } }],
    {
      class_name: 'AUC',
      config: { name: 'auc_1', num_thresholds: 200, curve: 'ROC', summation_method: 'interpolation', multi_label: false },
    },
    { class_name: 'AUC', config: { name: 'pr', num_thresholds: 200, curve: 'PR' } },
    { class_name: 'Precision', config: { name: 'precision', thresholds: null, top_k: null, class_id: null } },
    { class_name: 'Recall', config: { name: 'second', thresholds: 0.5, top_k: null, class_id: 1 } },
    'mse',
    'mean_absolute_error',
    'cosine_similarity',
  ];
  const { compile, notes } = compileFromKeras({ optimizer: 'adam', loss: 'categorical_crossentropy', metrics: given }, model, 'logits');
  expect(compile!.metrics).toEqual(['acc', { name: 'auc', key: 'auc_1', numThresholds: 200 }, 'precision', 'mse', 'meanAbsoluteError']);
  expect(notes).toEqual(['pr', 'second', 'cosine_similarity'].map(name => `its metric '${name}' is not supported and left out`));
});

test('a file of the legacy RMSprop, whose epsilon stands elsewhere, says so', () => {
  const noted = (config: object): readonly string[] =>
    compileFromKeras({ optimizer_config: { class_name: 'RMSprop', config }, loss: 'mse' }, network(), 'logits').notes;
  expect(noted({ learning_rate: 0.01, decay: 0, rho: 0.9, momentum: 0, epsilon: 1e-7 })).toEqual([expect.stringContaining('legacy')]);
  expect(noted({ learning_rate: 0.01, rho: 0.9, momentum: 0, epsilon: 1e-7, use_ema: false })).toEqual([]);
  expect(noted({ learning_rate: 0.01, decay: 0, rho: 0.9, momentum: 0.5, epsilon: 1e-7 })).toEqual([]);
});
