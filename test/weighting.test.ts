import { expect, test } from 'vitest';
import { setRandomSeed } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { Inspector } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import { ArraySource } from '../src/nn/arrays.js';
import { lambdaCallback } from '../src/nn/callbacks/callback.js';
import { dense } from '../src/nn/layers.js';
import type { Loss } from '../src/nn/losses.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';

const x = Float32Array.from({ length: 10 * 3 }, (_, i) => Math.sin(i * i));
const classes = Float32Array.of(0, 1, 2, 2, 1, 0, 1, 0, 2, 1);
const sampleWeight = Float32Array.from({ length: 10 }, (_, i) => i / 4);

async function compiled(loss: Loss = 'sparseCategoricalCrossentropy', units = 3): Promise<Sequential> {
  const model = sequential([dense(units, { activation: 'softmax', inputShape: [3] })], { seed: 3 });
  await model.compile({ loss, metrics: ['acc'], executor: new ReferenceExecutor() });
  return model;
}

test('class numbers and one-hot rows are the same labels', async () => {
  const model = await compiled();
  const y = Float32Array.from({ length: 30 }, (_, i) => Number(classes[Math.floor(i / 3)] === i % 3));
  expect(await model.evaluate({ x, y: classes })).toEqual(await model.evaluate({ x, y }));
});

test('labels that are no classes are refused with their row, and class numbers for another loss by its name', async () => {
  const model = await compiled();
  for (const [label, shown] of [
    [3, 'class 3'],
    [-1, 'class -1'],
    [0.5, 'class 0.5'],
  ] as const) {
    const y = classes.with(4, label);
    await expect(model.evaluate({ x, y, batchSize: 4, shuffle: false })).rejects.toThrow(
      `row 0 of a batch has ${shown}, wanted a whole number from 0 to 2`,
    );
  }
  const other = await compiled('categoricalCrossentropy');
  await expect(other.fit({ x, y: classes })).rejects.toThrow('class numbers are for sparseCategoricalCrossentropy');
});

test('weights that make no sense are refused by name', async () => {
  const model = await compiled();
  await expect(model.fit({ x, y: classes }, { classWeight: { 0: 1, 1: 1 } })).rejects.toThrow('classWeight[2] is undefined');
  await expect(model.fit({ x, y: classes }, { classWeight: { 0: 1, 1: 1, 2: 1, 3: 1 } })).rejects.toThrow("a class '3'");
  await expect(model.fit({ x, y: classes }, { classWeight: { 0: 1, 1: -1, 2: 1 } })).rejects.toThrow('classWeight[1] is -1');
  await expect(model.fit({ x, y: classes, sampleWeight: Float32Array.of(1) })).rejects.toThrow('sampleWeight has 1 numbers');
  const bad = sampleWeight.with(2, Number.NaN);
  await expect(model.evaluate({ x, y: classes, sampleWeight: bad })).rejects.toThrow('sampleWeight[2], in row 2, is NaN');
});

test('losses that do not exist, and smoothing where there is none, are refused', async () => {
  const model = await compiled();
  const tried = (loss: unknown) => expect(() => model.checkCompile(loss as Loss, []));
  tried({ name: 'meanSquaredError', from: 'logits' }).toThrow("meanSquaredError from 'logits' is not supported; wanted 'output'");
  tried({ name: 'sparseCategoricalCrossentropy', labelSmoothing: 0.1 }).toThrow('has no labelSmoothing');
  tried({ name: 'binaryCrossentropy', labelSmoothing: 2 }).toThrow(
    'labelSmoothing of binaryCrossentropy is 2, wanted a number from 0 to 1',
  );
});

test('more steps than there are batches are refused', async () => {
  const model = await compiled();
  const data = { x, y: classes, batchSize: 4 };
  await expect(model.fit(data, { stepsPerEpoch: 4 })).rejects.toThrow('stepsPerEpoch is 4, the data has 3 batches');
  await expect(model.fit(data, { validationData: data, validationSteps: 4 })).rejects.toThrow(
    'validationSteps is 4, the data has 3 batches',
  );
  await expect(model.fit(data, { stepsPerEpoch: 0 })).rejects.toThrow('stepsPerEpoch is 0');
});

test('a run of short epochs, weighted by rows and classes, goes on from its checkpoint bit for bit', async () => {
  const data = { x, y: classes, sampleWeight, batchSize: 2 };
  const options = { stepsPerEpoch: 3, classWeight: { 0: 1, 1: 2, 2: 0.5 } };
  setRandomSeed(1);
  const whole = await compiled();
  await whole.fit(data, { epochs: 5, ...options });
  for (const interrupted of [false, true]) {
    setRandomSeed(1);
    const first = await compiled();
    const stop = new AbortController();
    // In the third epoch, which begins with the first order's sixth batch.
    const stopping = lambdaCallback({ onBatchBegin: index => void (interrupted && first.step === 7 && index === 1 && stop.abort()) });
    await first.fit(data, { epochs: interrupted ? 5 : 3, ...options, signal: stop.signal, callbacks: [stopping] });
    expect(first.step).toBe(interrupted ? 8 : 9);
    const second = await compileCheckpoint(readCheckpoint('first', await writeCheckpoint(first)), new ReferenceExecutor());
    await second.fit(data, { epochs: 5, ...options, resume: second.training });
    expect(await writeCheckpoint(second)).toEqual(await writeCheckpoint(whole));
  }
});

test('a picture counts in the terms of the loss and of its gradient by its weight', async () => {
  const model = await compiled();
  const source = new ArraySource(x, [3], classes, { batchSize: 4, shuffle: false, sampleWeight });
  const inspector = await Inspector.prepare(model, source);
  const inspection = await inspector.inspect(source.batch(1));
  inspector.release();
  for (const name of ['loss', 'logits/gradient', 'sample_weights']) {
    for (const [index, value] of inspection.tensors[name]!.data.entries()) {
      expect(explainNumber(inspection, name, index).sum, `${name}[${index}]`).toBeCloseTo(value, 6);
    }
  }
});
