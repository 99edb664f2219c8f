import { describe, expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import { makePlan } from '../src/engine/plan.js';
import { RandomState, setRandomSeed } from '../src/engine/random.js';
import { Tuner } from '../src/gpu/tune.js';
import { ArraySource } from '../src/nn/arrays.js';
import type { Sequential } from '../src/nn/model.js';
import { faceMaskNetwork } from '../src/nn/networks.js';
import { divide, writeBatch } from '../src/nn/plans.js';
import { namedParameters, tensorOf, traceModel } from '../src/nn/trace.js';
import { openAdapter } from '../src/node/adapter.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { useGpu } from './helpers/gpu.js';
import { tinyModel } from './helpers/tiny.js';

const gpu = useGpu();
/** What the history of losses takes, and 8 rows of the network's largest map. */
const limited = useGpu({ maxBindingBytes: 8192 });

/** 23 + 20 images of noise, in batches of 23: the second is not full. */
function images(): ArraySource {
  const random = new RandomState(3);
  const x = new Float32Array(43 * 9 * 11 * 2).map(() => random.uniform(-1, 1));
  const y = new Float32Array(43 * 3);
  for (let row = 0; row < 43; row++) y[row * 3 + random.interval(2)] = 1;
  return new ArraySource(x, [9, 11, 2], y, { batchSize: 23, shuffle: false });
}

test('rows are divided evenly', () => {
  expect(divide(23, 3)).toEqual([
    { first: 0, size: 8 },
    { first: 8, size: 8 },
    { first: 16, size: 7 },
  ]);
  for (const [rows, count] of [[64, 5] as const, [7, 7] as const, [10, 1] as const]) {
    const parts = divide(rows, count);
    expect(parts).toHaveLength(count);
    expect(parts.reduce((sum, { size }) => sum + size, 0)).toBe(rows);
    for (const [i, { first }] of parts.entries()) expect(first).toBe(i === 0 ? 0 : parts[i - 1]!.first + parts[i - 1]!.size);
    const sizes = parts.map(({ size }) => size);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(2);
  }
});

/** Loss and gradients of a batch, computed in some number of parts. */
async function gradientsIn(model: Sequential, source: ArraySource, index: number, count: number): Promise<Map<string, Float32Array>> {
  const { compiled } = model;
  const trace = traceModel(model, compiled, compiled.plans, 'train', source, { parts: divide(source.batchSize, count) });
  const names = ['loss', ...namedParameters(model, compiled).map(({ name }) => `${name}/gradient`)];
  const named = names.map(name => [name, tensorOf(trace, name)] as const);
  // No updates: the weights stay as they are.
  const plan = makePlan(trace.graph, { outputs: named.map(([, tensor]) => tensor), changes: () => false, fusions: FUSIONS });
  const executable = await compiled.executor.prepare(plan);
  const batch = source.batch(index);
  writeBatch(executable, trace, batch, source.batchSize);
  executable.run({ rows: batch.rows, rowsBefore: 320 });
  const found = new Map<string, Float32Array>();
  for (const [name, tensor] of named) found.set(name, (await executable.read(tensor)) as Float32Array);
  executable.release();
  return found;
}

describe('a batch computed in parts', () => {
  test('has the loss and the gradients of the undivided one, full or not, under the same dropout', async () => {
    const model = await tinyModel(gpu());
    const source = images();
    for (const index of [0, 1]) {
      const whole = await gradientsIn(model, source, index, 1);
      // With 20 rows of 23, the last of 12 parts have none.
      for (const count of [2, 3, 12]) {
        for (const [name, values] of await gradientsIn(model, source, index, count)) {
          expect(compare(values, whole.get(name)!).error, `${name} in ${count} parts`).toBeLessThan(1e-5);
        }
      }
    }
    await model.close();
  });

  test('is what a device gets that cannot bind it whole: same history, same predictions', async () => {
    const histories = [];
    const predictions: Float32Array[] = [];
    for (const executor of [gpu(), limited()]) {
      setRandomSeed(11);
      const model = await tinyModel(executor);
      const source = images();
      const { trace } = await model.compiled.plans.get('train', source);
      expect(trace.parts.map(({ part }) => part.size)).toEqual(executor === gpu() ? [23] : [8, 8, 7]);
      const { history } = await model.fit(source, { epochs: 2, validationData: images() });
      histories.push(history);
      predictions.push(await model.predict(images()));
      await model.close();
    }
    const [whole, divided] = histories;
    for (const [name, values] of Object.entries(whole!)) {
      values.forEach((value, epoch) => {
        expect(divided![name]![epoch], name).toBeCloseTo(value, 5);
      });
    }
    expect(compare(predictions[1]!, predictions[0]!).error).toBeLessThan(1e-4);
  });

  test('says what is too large where even one row is', async () => {
    const model = faceMaskNetwork({ imageSize: [40, 40] });
    await model.compile({ loss: 'binaryCrossentropy', executor: limited() });
    await expect(model.predict(new Float32Array(40 * 40 * 3))).rejects.toThrow(/conv2d.*needs larger buffers.*use smaller images/);
    await model.close();
  });
});

test('64 photographs a step run on an adapter that binds 128 MiB at a time', async () => {
  const { executor } = await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose: new Tuner({ tune: false }).choose });
  const model = faceMaskNetwork({ seed: 1 });
  await model.compile({ loss: 'binaryCrossentropy', executor });
  const random = new RandomState(5);
  const x = new Float32Array(64 * 150 * 150 * 3).map(() => random.random());
  const y = new Float32Array(128).map((_, i) => Number(Math.floor(i / 2) % 2 === i % 2));
  const source = new ArraySource(x, [150, 150, 3], y, { batchSize: 64, shuffle: false });
  const { executable, trace, write } = await model.compiled.plans.get('train', source);
  if (executor.traits.maxBindingBytes <= 2 ** 27) expect(trace.parts.length).toBeGreaterThan(1);
  const inTens = (await gradientsIn(model, source, 0, 7)).get('loss')![0]!;
  const batch = source.batch(0);
  write(batch);
  executable.run({ rows: 64, slot: 0, ...model.compiled.optimizer.scalars(1), rowsBefore: 320 });
  expect((await executor.read(model.compiled.plans.history))[0]).toBeCloseTo(inTens, 6);
  await model.close();
  await executor.close();
}, 300_000);
