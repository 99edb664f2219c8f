import { describe, expect, test } from 'vitest';
import type { Executor } from '../src/engine/executor.js';
import { moveWeight } from '../src/inspect/moved_weight.js';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { l2 } from '../src/nn/regularizers.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

const gpu = useGpu();

const MOVE = 1e-2;

const { x, labels } = tinyData({ shuffle: false }).batch(0);
const WEIGHTS = ['layer0/kernel', 'layer0/bias', 'layer2/kernel', 'layer5/kernel', 'layer6/bias'];

/** Slope of the loss and the gradient at a number of a weight. */
async function compare(model: Awaited<ReturnType<typeof tinyModel>>, weight: string, index: number) {
  const { gradient, loss, moved } = await moveWeight(model, x, labels!, { weight, index }, [-MOVE, MOVE]);
  const [below, above] = moved as [(typeof moved)[0], (typeof moved)[0]];
  expect(above.value - below.value).toBeCloseTo(2 * MOVE, 6);
  expect(Math.abs(below.loss + above.loss - 2 * loss)).toBeLessThan(1e-2);
  return { slope: (above.loss - below.loss) / (above.value - below.value), gradient };
}

describe.each([
  ['the reference', (): Executor => new ReferenceExecutor()],
  ['the adapter', (): Executor => gpu()],
])('a weight that is moved, by %s', (_, executor) => {
  test('changes the loss as its gradient says, and the model stays as it was', async () => {
    const model = await tinyModel(executor());
    const before = await model.getWeights();
    for (const weight of WEIGHTS) {
      const { slope, gradient } = await compare(model, weight, 1);
      // A relu may open on the way: then the curve bends.
      expect(Math.abs(slope - gradient), `${weight}: ${slope}, ${gradient}`).toBeLessThan(2e-3 + 0.05 * Math.abs(gradient));
    }
    expect(await model.getWeights()).toEqual(before);
    expect(model.step).toBe(0);
    await model.close();
  });
});

test('what a regularizer adds to the loss is in both', async () => {
  const layers = [conv2d(2, 3, { inputShape: [9, 11, 2], kernelRegularizer: l2(3) }), flatten(), dense(3, { activation: 'softmax' })];
  const model = sequential(layers, { seed: 1 });
  await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  const { slope, gradient } = await compare(model, 'layer0/kernel', 3);
  expect(slope).toBeCloseTo(gradient, 3);
  const weight = (await model.getWeights())[`${model.layers[0]!.name}.kernel`]![3]!;
  expect(Math.abs(gradient - 6 * weight)).toBeLessThan(0.2);
  await model.close();
});

test('a weight or number that is not there is refused, with what there is', async () => {
  const model = await tinyModel(new ReferenceExecutor());
  const ask = (weight: string, index: number) => moveWeight(model, x, labels!, { weight, index }, [0.1]);
  await expect(ask('layer1/kernel', 0)).rejects.toThrow("no weight 'layer1/kernel'; it trains layer0/kernel, layer0/bias");
  await expect(ask('layer0/kernel', 72)).rejects.toThrow("'layer0/kernel' has 72 numbers, from 0 on; wanted was number 72");
  await model.close();
});
