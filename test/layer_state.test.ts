import { afterEach, describe, expect, test } from 'vitest';
import type { Executor } from '../src/engine/executor.js';
import { setRandomSeed } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import { Layer, type LayerRecord } from '../src/nn/layers/layer.js';
import { conv2d, dense, flatten, layerRecord, maxPooling2d, registerLayer } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, sgd } from '../src/nn/optimizers.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { measureNorms } from '../src/studio/engine/measure.js';
import { modelSummary } from '../src/studio/engine/summary.js';
import { layoutOf, partsOf, weightOf } from '../src/studio/page/state/layout.js';
import { centering, centeringRecord } from './helpers/centering.js';
import { useGpu } from './helpers/gpu.js';
import { losing } from './helpers/lose_devices.mjs';
import { tinyData } from './helpers/tiny.js';

const gpu = useGpu();
/** Binds the history of losses, and not a whole batch of the first layer's maps. */
const limited = useGpu({ maxBindingBytes: 8192 });

afterEach(() => losing.loseAt());

const network = (rate = 0.02): Sequential =>
  sequential(
    [
      conv2d(4, 3, { activation: 'relu', inputShape: [9, 11, 2] }),
      maxPooling2d(2),
      flatten(),
      centering(6, rate, { activation: 'sigmoid' }),
      dense(3, { activation: 'softmax' }),
    ],
    { seed: 4 },
  );

async function compiled(executor: Executor, optimizer = adam()): Promise<Sequential> {
  const model = network();
  await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor, optimizer });
  return model;
}

const bytesOf = async (model: Sequential): Promise<Buffer> => Buffer.from(await writeCheckpoint(model));

/** A checkpoint after some epochs. */
async function trained(executor: Executor, epochs: number, snapshotSteps?: number): Promise<Buffer> {
  setRandomSeed(7);
  const model = await compiled(executor);
  await model.fit(tinyData(), { epochs, validationData: tinyData({ shuffle: false }), ...(snapshotSteps && { snapshotSteps }) });
  const bytes = await bytesOf(model);
  await model.close();
  return bytes;
}

describe.each([
  ['reference', () => new ReferenceExecutor()],
  ['GPU', () => gpu()],
] as const)('a layer with weights of its own names and a state, on the %s', (_, executorOf) => {
  test('keeps its state by training alone, and what is not trained has no slots', async () => {
    const model = await compiled(executorOf());
    const before = await model.getWeights();
    await model.evaluate(tinyData());
    await model.predict(tinyData());
    expect(await model.getWeights()).toEqual(before);
    await model.fit(tinyData(), { epochs: 1 });
    const after = await model.getWeights();
    for (const name of ['centering.gamma', 'centering.shift']) expect(after[name], name).not.toEqual(before[name]);
    expect(after['centering.rate']).toEqual(new Float32Array(6).fill(-0.02));
    const { tensors } = readSafetensors('it', await writeCheckpoint(model));
    expect([...tensors.keys()].filter(name => name.startsWith('centering'))).toEqual([
      'centering.gamma',
      'centering.shift',
      'centering.rate',
      'centering.gamma.moment',
      'centering.gamma.velocity',
    ]);
    await model.close();
  });

  test('gives the same bytes twice, and when a run goes on from a checkpoint', async () => {
    const whole = await trained(executorOf(), 2);
    expect(await trained(executorOf(), 2)).toEqual(whole);
    const half = readCheckpoint('half.safetensors', await trained(executorOf(), 1));
    const model = await compileCheckpoint(half, executorOf());
    await model.fit(tinyData(), { epochs: 2, resume: half.training!, validationData: tinyData({ shuffle: false }) });
    expect(await bytesOf(model)).toEqual(whole);
    await model.close();
  });

  test.each([
    ['adam', adam()],
    ['sgd', sgd({ momentum: 0.9 })],
  ] as const)('is explained, forward, backward and by its step: %s', async (_name, optimizer) => {
    const model = await compiled(executorOf(), optimizer);
    await model.fit(tinyData(), { epochs: 1 });
    const { x, labels } = tinyData({ shuffle: false }).batch(0);
    for (const training of [true, false]) {
      const inspection = await inspect(model, x, labels!, { training });
      const own = Object.values(inspection.tensors).filter(({ name }) => /^layer[234]\//.test(name));
      for (const { name, data } of own) {
        const largest = Math.max(...Array.from(data, Math.abs)) || 1;
        for (let index = 0; index < data.length; index += 7) {
          const { sum, value } = explainNumber(inspection, name, index);
          expect(value).toBe(data[index]);
          expect(Math.abs(sum - value) / largest, `${name}[${index}]`).toBeLessThan(1e-5);
        }
      }
      const { 'layer3/shift': shift, 'layer3/shift/updated': updated, ...rest } = inspection.tensors;
      if (training) expect(updated!.data).not.toEqual(shift!.data);
      else expect(updated!.data).toEqual(shift!.data);
      expect(Object.keys(rest)).not.toContain('layer3/shift/gradient');
      expect(Object.keys(rest)).toContain('layer3/gamma/gradient');
    }
    await model.close();
  });

  test('an inspected step leaves the state that training then makes', async () => {
    const model = await compiled(executorOf());
    const { x, labels } = tinyData({ shuffle: false }).batch(0);
    const { tensors } = await inspect(model, x, labels!);
    await model.fit({ x, y: labels!, batchSize: 5, shuffle: false }, { epochs: 1 });
    const weights = await model.getWeights();
    expect(weights['centering.shift']).toEqual(tensors['layer3/shift/updated']!.data);
    await model.close();
  });
});

test('the state survives the loss of the device', async () => {
  const before = losing.submissions;
  const whole = await trained(gpu(), 2);
  const submissions = losing.submissions - before;
  for (const [snapshotSteps, share] of [[undefined, 0.4] as const, [2, 0.8] as const]) {
    const { losses } = losing;
    losing.loseAt(Math.floor(submissions * share));
    expect(await trained(gpu(), 2, snapshotSteps)).toEqual(whole);
    expect(losing.losses).toBeGreaterThan(losses);
  }
});

test('the studio names its weights, lays them out, and measures those that are trained', async () => {
  const model = await compiled(new ReferenceExecutor());
  const source = tinyData({ shuffle: false });
  const { layers, count } = modelSummary(model, { from: 'a test', classes: [], rescale: 1 });
  expect(layers[3]).toMatchObject({ kind: 'centering', className: 'Centering', config: { units: 6 }, count: 300 });
  expect(layerRecord(layers[3]!.kind).describe(layers[3]!.config)).toBe('6 units about their mean');
  expect(count).toBe(397);
  const { parameters } = await measureNorms(model, source, source.batch(0));
  expect(parameters.map(({ name }) => name)).toEqual(['conv2d.kernel', 'conv2d.bias', 'centering.gamma', 'dense.kernel', 'dense.bias']);
  const { x, labels } = source.batch(0);
  const inspection = await inspect(model, x, labels!);
  expect(partsOf(inspection, 3).map(({ label }) => label)).toEqual([
    'Output',
    'Before the activation',
    'Gradient of the output',
    'Gamma',
    'Gradient of the gamma',
    'Shift',
    'Rate',
  ]);
  for (const { name } of Object.values(inspection.tensors)) expect(layoutOf(inspection, name), name).toBeDefined();
  // The features come from the 3 x 4 places of 4 maps.
  expect(layoutOf(inspection, 'layer3/gamma')).toMatchObject({ height: 3, width: 4, tiles: 4, others: 6 });
  expect(weightOf(inspection, 'layer3/shift')?.trainable).toBe(false);
  await model.close();
});

test('the summary counts what is not trained, as Keras does', () => {
  expect(network().summary().split('\n').slice(-4)).toEqual([
    'Total params: 397 (1.55 KB)',
    'Trainable params: 385 (1.50 KB)',
    'Non-trainable params: 12 (48.00 Byte)',
    '_'.repeat(65),
  ]);
});

test('a batch that must be divided is refused in training, by the name of the weight that needs the whole', async () => {
  const model = await compiled(limited());
  const data = { x: new Float32Array(30 * 9 * 11 * 2), y: new Float32Array(30 * 3), batchSize: 30 };
  await expect(model.fit(data, { epochs: 1 })).rejects.toThrow(
    /It cannot be divided: 'centering\.shift' is updated from whole batches\. Take batches of fewer than 30 rows/,
  );
  await expect(model.evaluate(data)).resolves.toBeDefined();
  await model.close();
});

test('a state that is not finite stops training, by its name', async () => {
  const model = await compiled(new ReferenceExecutor());
  model.setWeights({ ...(await model.getWeights()), 'centering.rate': new Float32Array(6).fill(-3e38) });
  await expect(model.fit(tinyData(), { epochs: 1 })).rejects.toThrow(
    /at step 1: its update of centering\.shift is not finite: centering\.shift\[0\] = -?Infinity/,
  );
});

describe('a kind of layer is refused', () => {
  const withName = (name: string): Layer =>
    Layer.of(
      { ...layerRecord('dense'), weights: () => [{ name, shape: [2], init: () => () => new Float32Array(2) }] },
      {},
      { inputShape: [2] },
    );
  test.each(['mask', 'a/b', ''])("whose weight is named '%s'", name => {
    expect(() => sequential([withName(name)])).toThrow(`a weight is named '${name}'; wanted letters, digits and _`);
  });

  test('that is known already', () => {
    expect(() => registerLayer(centeringRecord as LayerRecord)).toThrow("there is a kind 'centering' already");
  });

  test('whose state is none of its weights, or one that is trained', async () => {
    const record: LayerRecord = { ...(centeringRecord as LayerRecord), call: (_, input) => ({ output: input, state: { gamma: input } }) };
    const model = sequential([Layer.of(record, { units: 3, rate: 1 } as object, { inputShape: [3] }), dense(2, { activation: 'softmax' })]);
    await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
    await expect(model.fit({ x: new Float32Array(3), y: new Float32Array(2) }, { epochs: 1 })).rejects.toThrow(
      "layer 'centering': its state has 'gamma', which is not an untrained weight of it",
    );
  });
});
