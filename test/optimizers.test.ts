import { expect, test } from 'vitest';
import { setRandomSeed } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { earlyStopping } from '../src/nn/callbacks/early_stopping.js';
import { learningRateScheduler } from '../src/nn/callbacks/learning_rate_scheduler.js';
import { reduceLrOnPlateau } from '../src/nn/callbacks/reduce_lr_on_plateau.js';
import { dense } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, adamW, type Optimizer, rmsprop, sgd } from '../src/nn/optimizers.js';
import { cosineDecay, exponentialDecay, piecewiseConstantDecay } from '../src/nn/schedules.js';
import { ReferenceExecutor } from '../src/reference/executor.js';

const cosine = cosineDecay({ initialLearningRate: 0.01, decaySteps: 9, warmupTarget: 0.1, warmupSteps: 3 });

const optimizers: Readonly<Record<string, () => Optimizer>> = {
  'adam with a schedule': () => adam({ learningRate: cosine }),
  'adamW with clipnorm': () => adamW({ learningRate: 0.02, weightDecay: 0.3, clipnorm: 0.1 }),
  'rmsprop, centered': () => rmsprop({ momentum: 0.5, centered: true, epsilon: 1e-3, clipvalue: 0.1 }),
  "Nesterov's momentum, all clipped": () => sgd({ momentum: 0.8, nesterov: true, globalClipnorm: 0.1 }),
  'sgd with a schedule': () => sgd({ learningRate: piecewiseConstantDecay({ boundaries: [2, 5], values: [0.3, 0.2, 0.1] }) }),
};

const x = Float32Array.from({ length: 10 * 3 }, (_, i) => Math.sin(i * i));
const y = Float32Array.from({ length: 10 * 2 }, (_, i) => Number(i % 4 === 0 || i % 4 === 3));
const data = { x, y, batchSize: 4 };

async function compiled(optimizer: Optimizer): Promise<Sequential> {
  const model = sequential([dense(4, { activation: 'tanh', inputShape: [3] }), dense(2, { activation: 'softmax' })], { seed: 3 });
  await model.compile({ loss: 'binaryCrossentropy', metrics: ['acc'], optimizer, executor: new ReferenceExecutor() });
  return model;
}

test.each(Object.keys(optimizers))('a run with %s goes on from its checkpoint bit for bit', async name => {
  setRandomSeed(1);
  const whole = await compiled(optimizers[name]!());
  await whole.fit(data, { epochs: 4 });
  setRandomSeed(1);
  const first = await compiled(optimizers[name]!());
  await first.fit(data, { epochs: 2 });
  const checkpoint = readCheckpoint('first', await writeCheckpoint(first));
  const second = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  expect(second.compiled.optimizer.config).toEqual(first.compiled.optimizer.config);
  const { history } = await second.fit(data, { epochs: 4, resume: second.training });
  expect(history.loss).toHaveLength(4);
  expect(await writeCheckpoint(second)).toEqual(await writeCheckpoint(whole));
});

test('what a checkpoint says of an optimizer is checked, field by field', async () => {
  const model = await compiled(adam({ learningRate: cosine }));
  const text = Buffer.from(await writeCheckpoint(model)).toString('latin1');
  const read = (from: string, to: string) => readCheckpoint('a file', Buffer.from(text.replace(from, to), 'latin1'));
  expect(() => read('CosineDecay', 'CosineDecaz')).toThrow('schedule.className');
  expect(() => read('decaySteps\\":9', 'decaySteps\\":0')).toThrow('schedule.config.decaySteps is 0, wanted a number above 0');
  expect(() => read('beta1\\":0.9', 'beta1\\":1.9')).toThrow('adam: beta1 is 1.9');
  expect(() => read('beta1\\":0.9', 'beta3\\":0.9')).toThrow("'beta3'");
});

test('a learning rate given to a checkpoint takes the place of its schedule', async () => {
  const model = await compiled(adam({ learningRate: cosine }));
  const checkpoint = readCheckpoint('it', await writeCheckpoint(model));
  const { compiled: found } = await compileCheckpoint(checkpoint, new ReferenceExecutor(), 0.5);
  expect([found.optimizer.schedule, found.optimizer.learningRate]).toEqual([undefined, 0.5]);
});

test('options that make no sense are refused by name', () => {
  expect(() => sgd({ clipnorm: 1, clipvalue: 1 })).toThrow('clipnorm and clipvalue are given, wanted one of them at most');
  expect(() => adam({ clipvalue: 0 })).toThrow('adam: clipvalue is 0, wanted a number above 0');
  expect(() => adamW({ weightDecay: -1 })).toThrow('adamw: weightDecay is -1');
  expect(() => rmsprop({ rho: 1 })).toThrow('rmsprop: rho is 1');
  expect(() => sgd({ nesterov: 'yes' as unknown as boolean })).toThrow("sgd: nesterov is 'yes', wanted true or false");
  expect(() => adam({ learningRate: { at: 3 } as unknown as number })).toThrow('adam: learningRate is an object, wanted');
  expect(() => exponentialDecay({ initialLearningRate: 0.1, decaySteps: 0, decayRate: 0.5 })).toThrow('exponentialDecay.decaySteps is 0');
  expect(() => piecewiseConstantDecay({ boundaries: [2, 2], values: [1, 2, 3] })).toThrow('boundaries[1] is 2');
  expect(() => piecewiseConstantDecay({ boundaries: [2], values: [1] })).toThrow('values has 1 numbers, wanted one more than the 1');
});

test('what sets the learning rate and a schedule do not go together, as in Keras', async () => {
  const model = await compiled(sgd({ learningRate: cosine }));
  const lower = reduceLrOnPlateau({ monitor: 'loss', patience: 1, minDelta: 1e9 });
  const set = learningRateScheduler(() => 0.1);
  for (const callback of [lower, set]) {
    await expect(model.fit(data, { epochs: 3, callbacks: [callback, earlyStopping()] })).rejects.toThrow('follows CosineDecay');
  }
});

test('learningRateScheduler sets the rate before each epoch, tells it and adds it to the history', async () => {
  const model = await compiled(sgd({ learningRate: 0.5 }));
  const told: string[] = [];
  const asked: [number, number][] = [];
  const schedule = (epoch: number, rate: number): number => {
    asked.push([epoch, rate]);
    return epoch === 1 ? rate / 2 : rate;
  };
  const { history } = await model.fit(data, {
    epochs: 3,
    callbacks: [learningRateScheduler(schedule, { print: text => told.push(text) })],
  });
  expect(asked).toEqual([
    [0, 0.5],
    [1, 0.5],
    [2, 0.25],
  ]);
  expect(history.lr).toEqual([0.5, 0.25, 0.25]);
  expect(told[1]).toBe('\nEpoch 2: LearningRateScheduler setting learning rate to 0.25.');
  await expect(model.fit(data, { callbacks: [learningRateScheduler(() => Number.NaN)] })).rejects.toThrow('gives NaN for epoch 0');
});
