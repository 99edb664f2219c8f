import { expect, test, vi } from 'vitest';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { setRandomSeed } from '../src/engine/random.js';
import type { Tensor } from '../src/engine/tensor.js';
import { GpuExecutable } from '../src/gpu/executable.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { batchNormalization, dense, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, adamW, type Optimizer, rmsprop, sgd } from '../src/nn/optimizers.js';
import { traceUpdates } from '../src/nn/updates.js';
import { relu } from '../src/ops/relu.js';
import { sgd as sgdOp } from '../src/ops/sgd.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

const gpu = useGpu();
/** With a guard band behind each variable none lie together: there each weight has a dispatch of its own. */
const apart = useGpu({ guardBytes: 256 });
/** Binds the first kernel of the network of wide layers, or all that comes behind it. */
const narrow = useGpu({ maxBindingBytes: 36_000 });

/** How many dispatches of a step are an optimizer's. */
async function updatesIn(model: Sequential, op: string): Promise<number> {
  const { executable } = await model.compiled.plans.get('train', tinyData());
  if (!(executable instanceof GpuExecutable)) throw new Error('not on a GPU');
  return executable.steps.filter(({ node }) => node.op === op).length;
}

async function trained(executor: GpuExecutor, make: () => Optimizer): Promise<{ weights: Record<string, Float32Array>; updates: number }> {
  setRandomSeed(5);
  const model = await tinyModel(executor, make());
  const { name } = model.compiled.optimizer;
  const updates = await updatesIn(model, name === 'adamw' ? 'adam' : name);
  await model.fit(tinyData(), { epochs: 2 });
  const weights = await model.getWeights();
  await model.close();
  return { weights, updates };
}

test.each<[string, () => Optimizer]>([
  ['adam', () => adam({ learningRate: 0.01 })],
  ['adamW', () => adamW({ learningRate: 0.01 })],
  ['adam, clipnorm', () => adam({ learningRate: 0.01, clipnorm: 0.1 })],
  ['rmsprop', () => rmsprop({ learningRate: 0.01, momentum: 0.5, centered: true })],
  ['sgd', () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true })],
])('one dispatch is the step of all weights, and gives the bytes of a dispatch for each: %s', async (_, make) => {
  const [one, each] = [await trained(gpu(), make), await trained(apart(), make)];
  expect([one.updates, each.updates]).toEqual([1, 8]);
  expect(one.weights).toEqual(each.weights);
});

test('weights that together are more than the device binds have several dispatches, and the same bytes', async () => {
  const found: { readonly updates: number; readonly weights: Record<string, Float32Array> }[] = [];
  for (const executor of [gpu(), narrow()]) {
    setRandomSeed(5);
    const layers = [flatten({ inputShape: [9, 11, 2] }), dense(40), dense(40), dense(3, { activation: 'softmax' })];
    const model = sequential(layers, { seed: 3 });
    await model.compile({ loss: 'categoricalCrossentropy', executor });
    await model.fit(tinyData());
    found.push({ updates: await updatesIn(model, 'adam'), weights: await model.getWeights() });
    await model.close();
  }
  expect(found.map(({ updates }) => updates)).toEqual([1, 2]);
  expect(found[1]!.weights).toEqual(found[0]!.weights);
});

test('weights that are not trained are no part of it', async () => {
  const model = await tinyModel(gpu());
  await model.close();
  model.setTrainable(false, ['conv2d_1']);
  const before = await model.getWeights();
  await model.compile({ loss: 'categoricalCrossentropy', executor: gpu() });
  expect(await updatesIn(model, 'adam')).toBe(1);
  await model.fit(tinyData());
  const after = await model.getWeights();
  const changed = Object.keys(after).filter(name => after[name]!.some((value, i) => value !== before[name]![i]));
  expect(changed).toEqual(Object.keys(after).filter(name => !name.startsWith('conv2d_1.')));
  await model.close();
});

test.each(['on the GPU', 'on the reference'])('of all weights, the one whose update is not finite is named: %s', async where => {
  const model = sequential([flatten({ inputShape: [2, 2, 1] }), dense(3), batchNormalization(), dense(1, { activation: 'sigmoid' })], {
    seed: 2,
  });
  // The sigmoid of infinity is 1: loss and gradients are finite, and the bias stays what it is.
  model.setWeights({ ...(await model.getWeights()), 'dense_1.bias': [Infinity] }, { allowNotFinite: true });
  await model.compile({ loss: 'meanSquaredError', executor: where === 'on the GPU' ? gpu() : new ReferenceExecutor() });
  const x = new Float32Array(16).map((_, i) => i / 16);
  await expect(model.fit({ x, y: new Float32Array(4), batchSize: 4 })).rejects.toThrow(
    'training stopped at step 1: its update of dense_1.bias is not finite: dense_1.bias[0] = Infinity. What this step',
  );
  await model.close();
});

test('a gradient that another weight has too, or that no node computes, is no part of it', () => {
  const graph = new Graph();
  const variables = ['a', 'b', 'c', 'd'].map(name => ({ name, shape: [3], dtype: 'float32', part: name, trainable: true }) as const);
  const optimizer = { update: vi.fn() };
  const traced = (gradients: readonly Tensor[]): string[] => {
    optimizer.update.mockClear();
    const updates = variables.map((variable, i) => ({ variable, slots: {}, gradient: gradients[i]! }));
    const gate = { gate: graph.input('gate', [1]), faults: graph.input('faults', [2], 'uint32') };
    traceUpdates(graph, optimizer as unknown as Optimizer, updates, gate, [variables], variable => graph.variable(variable));
    return optimizer.update.mock.calls.map(([, , weights]) => (weights as Tensor).owners.map(({ name }) => name).join(' '));
  };
  const [first, ...others] = ['a', 'b', 'c', 'd'].map(name => relu(graph.input(name, [3])));
  expect(traced([first!, ...others])).toEqual(['a b c d']);
  expect(traced([first!, first!, ...others.slice(1)])).toEqual(['a', 'b', 'c d']);
  expect(traced([first!, graph.input('given', [3]), ...others.slice(1)])).toEqual(['a', 'b', 'c d']);
  expect(traced([first!, ...others.slice(0, 2), relu(first!)])).toEqual(['a b c', 'd']);
});

test.each(['on the GPU', 'on the reference'])('a pack of variables that were not allocated together is refused: %s', async where => {
  const executor = where === 'on the GPU' ? gpu() : new ReferenceExecutor();
  const graph = new Graph();
  const variables = ['a', 'b', 'c', 'd', 'loss', 'faults'].map(
    name => ({ name, shape: [name === 'loss' ? 1 : 3], dtype: name === 'faults' ? 'uint32' : 'float32' }) as const,
  );
  const [a, b, c, d, loss, faults] = variables.map(variable => graph.variable(variable));
  for (const variable of variables) executor.allocate(variable);
  const updates = { parameter: graph.pack('weights', [a!, b!]), velocity: graph.pack('velocities', [c!, d!]), faults: faults! };
  sgdOp(graph.pack('gradients', [c!, d!]), loss!, updates, { momentum: 0, place: 1 });
  await expect(executor.prepare(makePlan(graph, { outputs: [] }))).rejects.toThrow(
    'is a pack of variables that were not allocated together',
  );
  for (const variable of variables) executor.free(variable);
});
