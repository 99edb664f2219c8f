import { describe, expect, test } from 'vitest';
import { makePlan } from '../src/engine/plan.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam } from '../src/nn/optimizers.js';
import { traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { centering } from './helpers/centering.js';
import { useGpu } from './helpers/gpu.js';
import { tinyData } from './helpers/tiny.js';

const gpu = useGpu();

const network = (trainable: boolean): Sequential =>
  sequential(
    [
      conv2d(4, 3, { activation: 'relu', inputShape: [9, 11, 2], trainable }),
      maxPooling2d(2),
      conv2d(5, 3, { activation: 'relu', padding: 'same', trainable }),
      maxPooling2d(2),
      flatten(),
      dropout(0.3, { trainable }),
      dense(6, { activation: 'relu' }),
      dense(3, { activation: 'softmax', trainable }),
    ],
    { seed: 4 },
  );

const compileOf = { loss: 'categoricalCrossentropy', metrics: ['acc'], optimizer: adam() } as const;

describe.each([
  ['reference', () => new ReferenceExecutor()],
  ['GPU', () => gpu()],
] as const)('layers that are not trained, on the %s', (_, executorOf) => {
  test('keep their weights, have no slots, and stay so in a checkpoint', async () => {
    const model = network(false);
    await model.compile({ ...compileOf, executor: executorOf() });
    const before = await model.getWeights();
    await model.fit(tinyData(), { epochs: 1 });
    const after = await model.getWeights();
    const changed = Object.keys(before).filter(name => after[name]!.some((value, i) => value !== before[name]![i]));
    expect(changed).toEqual(['dense.kernel', 'dense.bias']);
    const bytes = await writeCheckpoint(model);
    const moments = [...readSafetensors('it', bytes).tensors.keys()].filter(name => /\.(moment|velocity)$/.test(name));
    expect(moments).toEqual(['dense.kernel.moment', 'dense.kernel.velocity', 'dense.bias.moment', 'dense.bias.velocity']);
    await model.close();
    const read = await compileCheckpoint(readCheckpoint('it', bytes), executorOf());
    expect(read.layers.map(({ layer }) => layer.trainable)).toEqual([false, true, false, true, true, false, true, false]);
    expect(Buffer.from(await writeCheckpoint(read))).toEqual(Buffer.from(bytes));
    await read.close();
  });

  test('are explained: their weights have no gradient', async () => {
    const model = network(false);
    await model.compile({ ...compileOf, executor: executorOf() });
    const { x, labels } = tinyData({ shuffle: false }).batch(0);
    const inspection = await inspect(model, x, labels!);
    const names = Object.keys(inspection.tensors);
    expect(names.filter(name => /(kernel|bias)\/gradient/.test(name))).toEqual(['layer6/kernel/gradient', 'layer6/bias/gradient']);
    expect(explainNumber(inspection, 'layer7/kernel', 1).note).toMatch(/not trained/);
    expect(explainNumber(inspection, 'layer7/kernel/updated', 1).formula).toBe("weight' = weight");
    await model.close();
  });
});

test('no gradient is computed below the first layer that is trained', async () => {
  const model = network(true);
  model.setTrainable(false, ['conv2d', 'dense_1']);
  await model.compile({ ...compileOf, executor: new ReferenceExecutor() });
  const trace = traceModel(model, model.compiled, model.compiled.plans, 'train', tinyData());
  for (const fusions of [[], FUSIONS]) {
    const { nodes } = makePlan(trace.graph, { outputs: [], fusions });
    const backward = nodes.filter(({ op }) => op.includes('backward')).map(({ scope, op }) => `${scope} ${op}`);
    expect(backward.filter(each => /^(conv2d|max_pooling2d) /.test(each))).toEqual([]);
    expect(backward.filter(each => /^conv2d_1 conv2d\w*_backward_input/.test(each))).toEqual([]);
    expect(backward.filter(each => /^conv2d_1 conv2d\w*_backward_kernel/.test(each))).toHaveLength(1);
    expect(backward.filter(each => /^dense_1 dense_backward/.test(each))).toEqual(['dense_1 dense_backward_input']);
  }
  await model.close();
});

describe('setTrainable', () => {
  test('freezes and thaws by name, and keeps the weights', async () => {
    const [model, same] = [network(true), network(false)];
    model.setTrainable(false);
    model.setTrainable(true, ['max_pooling2d', 'max_pooling2d_1', 'flatten', 'dense']);
    expect(model.layers.map(({ layer }) => layer.trainable)).toEqual(same.layers.map(({ layer }) => layer.trainable));
    expect(model.weightSpecs).toEqual(same.weightSpecs);
    expect(await model.getWeights()).toEqual(await same.getWeights());
    expect(model.summary()).toBe(same.summary());
    expect(model.summary()).toMatch(/Trainable params: 66 \(264\.00 Byte\)\nNon-trainable params: 282 /);
  });

  test('is refused for a layer that there is not, and while the model is compiled', async () => {
    const model = network(true);
    expect(() => model.setTrainable(false, ['conv2d_7'])).toThrow(/no layer 'conv2d_7'; there are conv2d, max_pooling2d, /);
    await model.compile({ ...compileOf, executor: new ReferenceExecutor() });
    expect(() => model.setTrainable(false)).toThrow(/the model is compiled; call close\(\) before/);
    await model.close();
    model.setTrainable(false);
  });
});

test('a model that trains nothing is refused by fit, and evaluates', async () => {
  const model = network(true);
  model.setTrainable(false);
  await model.compile({ ...compileOf, executor: new ReferenceExecutor() });
  await expect(model.fit(tinyData(), { epochs: 1 })).rejects.toThrow(
    "fit: no weight of 'sequential' is trained: trainable is false of conv2d, conv2d_1, dense, dense_1",
  );
  expect((await model.evaluate(tinyData())).rows).toBe(23);
  await model.close();
  const bare = sequential([flatten({ inputShape: [3] })]);
  await bare.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  await expect(bare.fit({ x: new Float32Array(3), y: new Float32Array(3) }, { epochs: 1 })).rejects.toThrow("'sequential' has no weights");
  await bare.close();
});

test('a state of a layer that is not trained stays as it is', async () => {
  const model = sequential([centering(3, 0.1, { inputShape: [4], trainable: false }), dense(2, { activation: 'softmax' })], { seed: 1 });
  await model.compile({ ...compileOf, executor: new ReferenceExecutor() });
  const before = await model.getWeights();
  await model.fit({ x: new Float32Array(8).fill(1), y: new Float32Array([0, 1, 1, 0]) }, { epochs: 2 });
  const after = await model.getWeights();
  for (const name of ['centering.gamma', 'centering.shift', 'centering.rate']) expect(after[name]).toEqual(before[name]);
  await model.close();
});
