import { describe, expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import type { Executor } from '../src/engine/executor.js';
import { RandomState } from '../src/engine/random.js';
import { sizeOf } from '../src/engine/shape.js';
import { Inspector, inspect } from '../src/inspect/inspect.js';
import { explainNumber, receptiveField } from '../src/inspect/one_number.js';
import { largestTerms } from '../src/inspect/terms.js';
import type { Inspection } from '../src/inspect/types.js';
import { explainUpdate } from '../src/inspect/update_terms.js';
import { ACTIVATION_NAMES, type Activation } from '../src/nn/activations.js';
import { ArraySource } from '../src/nn/arrays.js';
import {
  activation,
  averagePooling2d,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAveragePooling2d,
  globalMaxPooling2d,
  maxPooling2d,
  separableConv2d,
  zeroPadding2d,
} from '../src/nn/layers.js';
import type { Loss } from '../src/nn/losses.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, adamW, OPTIMIZERS, type Optimizer, rmsprop, sgd } from '../src/nn/optimizers.js';
import { exponentialDecay } from '../src/nn/schedules.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { tinyData, tinyModel, tinyNetwork } from './helpers/tiny.js';

const gpu = useGpu();

const ROWS = 3;

interface Network {
  readonly model: () => Sequential;
  readonly loss: Loss;
  readonly optimizer?: () => Optimizer;
}

/** Odd sizes, strides, both paddings, overlapping windows, each of the four losses, and every activation. */
const networks: Readonly<Record<string, Network>> = {
  'softmax, categorical from logits': {
    model: tinyNetwork,
    loss: 'categoricalCrossentropy',
  },
  'strides and overlapping pools, binary from logits, SGD': {
    model: () =>
      sequential(
        [
          conv2d(3, [3, 2], { strides: [2, 3], padding: 'same', activation: 'sigmoid', inputShape: [13, 17, 2] }),
          maxPooling2d(3, { strides: 2, padding: 'same' }),
          conv2d(4, 3, { padding: 'same' }),
          activation('relu'),
          flatten(),
          dense(2, { activation: 'softmax' }),
        ],
        { seed: 5 },
      ),
    loss: 'binaryCrossentropy',
    optimizer: () => sgd({ learningRate: 0.05, momentum: 0.9 }),
  },
  'gaps between windows, binary from probabilities': {
    model: () =>
      sequential(
        [
          conv2d(3, 2, { strides: 3, activation: 'relu', inputShape: [11, 10, 2] }),
          maxPooling2d([2, 1], { strides: 1 }),
          flatten(),
          dense(4),
          dense(2),
          activation('softmax'),
        ],
        { seed: 6 },
      ),
    loss: { name: 'binaryCrossentropy', from: 'probs' },
  },
  'dilated windows, and layers without a bias': {
    model: () =>
      sequential(
        [
          conv2d(4, [3, 2], { dilationRate: [2, 3], padding: 'same', useBias: false, activation: 'relu', inputShape: [8, 9, 2] }),
          maxPooling2d(2),
          conv2d(3, 2, { dilationRate: 2, activation: 'tanh' }),
          flatten(),
          dense(2, { useBias: false, activation: 'softmax' }),
        ],
        { seed: 9 },
      ),
    loss: 'categoricalCrossentropy',
  },
  'channels by themselves, and mixed at each place': {
    model: () =>
      sequential(
        [
          depthwiseConv2d([3, 2], { strides: 2, padding: 'same', depthMultiplier: 3, activation: 'tanh', inputShape: [9, 8, 2] }),
          separableConv2d(5, 2, { padding: 'same', depthMultiplier: 2, dilationRate: [1, 2], activation: 'relu' }),
          separableConv2d(3, [1, 2], { useBias: false }),
          depthwiseConv2d(2, { dilationRate: 2, useBias: false }),
          globalAveragePooling2d(),
          dense(2, { activation: 'softmax' }),
        ],
        { seed: 12 },
      ),
    loss: 'categoricalCrossentropy',
  },
  'means of overlapping windows, zeros around the picture': {
    model: () =>
      sequential(
        [
          zeroPadding2d(
            [
              [1, 2],
              [0, 3],
            ],
            { inputShape: [6, 7, 2] },
          ),
          conv2d(4, 3, { strides: 2, activation: 'relu' }),
          averagePooling2d([3, 2], { strides: 1, padding: 'same' }),
          zeroPadding2d(1),
          averagePooling2d(2),
          globalAveragePooling2d(),
          dense(2, { activation: 'softmax' }),
        ],
        { seed: 10 },
      ),
    loss: 'categoricalCrossentropy',
  },
  'the largest of whole pictures, which many share': {
    model: () =>
      sequential(
        [
          conv2d(6, 2, { activation: 'relu', inputShape: [5, 4, 1] }),
          globalMaxPooling2d({ keepdims: true }),
          conv2d(4, 1, { activation: 'tanh' }),
          globalAveragePooling2d({ keepdims: true }),
          zeroPadding2d([1, 2]),
          globalMaxPooling2d(),
          dense(2, { activation: 'softmax' }),
        ],
        { seed: 11 },
      ),
    loss: 'categoricalCrossentropy',
  },
  'sigmoid at the end, categorical from probabilities': {
    model: () => sequential([flatten({ inputShape: [4, 3, 1] }), dropout(0.2), dense(3, { activation: 'sigmoid' })], { seed: 7 }),
    loss: { name: 'categoricalCrossentropy', from: 'probs' },
  },
  ...Object.fromEntries(
    (
      [
        ['meanSquaredError', 'linear'],
        ['meanAbsoluteError', 'tanh'],
        ['sparseCategoricalCrossentropy', 'softmax'],
        [{ name: 'sparseCategoricalCrossentropy', from: 'probs' }, 'softmax'],
        [{ name: 'binaryCrossentropy', labelSmoothing: 0.2 }, 'sigmoid'],
        [{ name: 'categoricalCrossentropy', from: 'probs', labelSmoothing: 0.1 }, 'softmax'],
      ] as const satisfies readonly (readonly [Loss, Activation])[]
    ).map(([loss, last]) => [
      `${typeof loss === 'string' ? loss : `${loss.name} ${JSON.stringify(loss)}`} after ${last}`,
      { model: () => sequential([dense(4, { activation: 'tanh', inputShape: [5] }), dense(3, { activation: last })], { seed: 9 }), loss },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      'RMSprop, centered, clipped by value': () => rmsprop({ momentum: 0.5, epsilon: 1e-3, centered: true, clipvalue: 0.01 }),
      'RMSprop, clipped by norm': () => rmsprop({ clipnorm: 0.1 }),
      'AdamW, all gradients clipped by their norm': () => adamW({ weightDecay: 0.5, globalClipnorm: 0.1 }),
      "Nesterov's SGD that decays": () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.2 }),
      'Adam by a schedule': () => adam({ learningRate: exponentialDecay({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 }) }),
    }).map(([name, optimizer]) => [
      name,
      {
        model: () => sequential([dense(5, { activation: 'tanh', inputShape: [4] }), dense(2, { activation: 'softmax' })], { seed: 9 }),
        loss: 'binaryCrossentropy',
        optimizer,
      } satisfies Network,
    ]),
  ),
  ...Object.fromEntries(
    ACTIVATION_NAMES.map(name => [
      `${name} in a layer and by itself`,
      {
        model: () =>
          sequential(
            [
              flatten({ inputShape: [3, 2, 2] }),
              dense(5, { activation: name }),
              dense(4),
              activation(name),
              dense(2, { activation: 'softmax' }),
            ],
            { seed: 8 },
          ),
        loss: 'categoricalCrossentropy',
      } satisfies Network,
    ]),
  ),
};

function pictures(model: Sequential, seed: number): { readonly x: Float32Array; readonly y: Float32Array } {
  const random = new RandomState(seed);
  const units = model.outputShape[0]!;
  const x = new Float32Array(ROWS * sizeOf(model.inputShape)).map(() => random.uniform(-1, 1));
  const y = new Float32Array(ROWS * units);
  for (let row = 0; row < ROWS; row++) y[row * units + (row % units)] = 1;
  return { x, y };
}

/** A model that has been trained for two steps, so that its moments are not zero. */
async function trained({ model: make, loss, optimizer }: Network, executor: Executor): Promise<Sequential> {
  const model = make();
  await model.compile({ loss, executor, ...(optimizer && { optimizer: optimizer() }) });
  const { x, y } = pictures(model, 1);
  await model.fit({ x, y, batchSize: ROWS, shuffle: false }, { epochs: 2 });
  return model;
}

/** Corners, the middle, and some places by chance. */
function places(size: number, random: RandomState): number[] {
  return [...new Set([0, 1, size - 1, Math.floor(size / 2), ...Array.from({ length: 12 }, () => random.interval(size - 1))])].filter(
    i => i < size,
  );
}

const isGiven = (name: string): boolean => /^(input|labels)$|\/mask$/.test(name);

/** The worst difference between laid-out sums and buffers, relative to each tensor's largest value, by tensor. */
function worstSums(inspection: Inspection): { readonly name: string; readonly error: number }[] {
  const random = new RandomState(2);
  const worst: { name: string; error: number }[] = [];
  for (const { name, data } of Object.values(inspection.tensors)) {
    if (name.endsWith('/argmax')) continue;
    const largest = Float64Array.from(data).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    let error = 0;
    for (const index of places(data.length, random)) {
      const { sum, value, terms, place } = explainNumber(inspection, name, index);
      expect(value, `${name}[${index}]`).toBe(data[index]);
      expect(inspection.tensors[place.tensor]!.data[place.index]).toBe(value);
      if (isGiven(name)) expect(terms).toHaveLength(1);
      error = Math.max(error, Math.abs(sum - value) / largest);
    }
    worst.push({ name, error });
  }
  return worst;
}

describe.each(['GPU', 'reference'] as const)('on the %s', where => {
  const executor = (): Executor => (where === 'GPU' ? gpu() : new ReferenceExecutor());

  describe.each(Object.entries(networks))('a network of %s', (_, network) => {
    test('the terms of every kind of number come to what the buffers hold', async () => {
      const model = await trained(network, executor());
      const { x, y } = pictures(model, 3);
      for (const training of [true, false]) {
        const inspection = await inspect(model, x, y, { training });
        for (const { name, error } of worstSums(inspection)) expect(error, name).toBeLessThan(2e-6);
      }
      await model.close();
    });

    test('is the very step that training takes, and changes nothing', async () => {
      const model = await trained(network, executor());
      const { x, y } = pictures(model, 3);
      const state = async () => {
        const { executor, parameters } = model.compiled;
        const variables = parameters.flatMap(({ variable, slots }) => [variable, ...Object.values(slots)]);
        return Promise.all(variables.map(async variable => [variable.name, await executor.read(variable)] as const));
      };
      const before = await state();
      const inspection = await inspect(model, x, y);
      expect(await state()).toEqual(before);
      expect(model.step).toBe(2);
      expect(inspection.optimizer.step).toBe(3);
      const { history } = await model.fit(new ArraySource(x, model.inputShape, y, { batchSize: ROWS, shuffle: false }), { epochs: 1 });
      expect(history.loss![0]).toBeCloseTo(inspection.tensors.loss!.data[0]!, 6);
      const after = new Map(await state());
      for (const { index, name: layer } of inspection.layers) {
        for (const weight of ['kernel', 'bias'] as const) {
          const updated = inspection.tensors[`layer${index}/${weight}/updated`];
          if (!updated) continue;
          expect(compare(updated.data, after.get(`${layer}.${weight}`)!).error, updated.name).toBeLessThan(1e-6);
          for (const [slot, { symbol }] of Object.entries(OPTIMIZERS[inspection.optimizer.name].slots)) {
            const kept = inspection.tensors[`layer${index}/${weight}/${symbol}/updated`]!;
            expect(compare(kept.data, after.get(`${layer}.${weight}.${slot}`)!).error, kept.name).toBeLessThan(1e-5);
          }
        }
      }
      await model.close();
    });
  });

  test('a batch that is not full: the missing rows count for nothing', async () => {
    const model = await tinyModel(executor());
    const source = tinyData({ shuffle: false });
    const inspector = await Inspector.prepare(model, source);
    // One plan for several batches, the full ones and the last.
    for (const index of [0, 4]) {
      const inspection = await inspector.inspect(source.batch(index));
      expect(inspection.rows).toBe(index === 4 ? 3 : 5);
      for (const { name, error } of worstSums(inspection)) expect(error, name).toBeLessThan(2e-6);
    }
    inspector.release();
    await model.close();
  });

  test('a part of the tensors has the numbers that it has in the whole', async () => {
    const model = await trained(networks['softmax, categorical from logits']!, executor());
    const { x, y } = pictures(model, 4);
    const { tensors: all } = await inspect(model, x, y);
    for (const want of [/\/output$/, /^labels$/, /^layer2\/kernel\/(v\/)?updated$/, /^layer0\/(output|bias)\/gradient$/]) {
      const { tensors } = await inspect(model, x, y, { want: name => want.test(name) });
      expect(Object.keys(tensors)).toEqual(Object.keys(all).filter(name => want.test(name)));
      for (const { name, data } of Object.values(tensors)) expect(compare(data, all[name]!.data).error, name).toBeLessThan(1e-6);
    }
    await model.close();
  });

  test('without dropout it is what predict gives', async () => {
    const model = await trained(networks['softmax, categorical from logits']!, executor());
    const { x, y } = pictures(model, 4);
    const { tensors } = await inspect(model, x, y, { training: false });
    expect(tensors['layer4/mask']).toBeUndefined();
    expect(compare(tensors.probabilities!.data, await model.predict(x)).error).toBeLessThan(1e-6);
    await model.close();
  });
});

describe('one number', () => {
  const inspected = async (name: string, options = {}): Promise<Inspection> => {
    const model = await trained(networks[name]!, new ReferenceExecutor());
    const { x, y } = pictures(model, 3);
    const inspection = await inspect(model, x, y, options);
    await model.close();
    return inspection;
  };

  test('factors are the numbers at the places that they name', async () => {
    const inspection = await inspected('softmax, categorical from logits');
    const { terms, bias } = explainNumber(inspection, 'layer2/pre_activation', 0);
    expect(terms).toHaveLength(2 * 3 * 4);
    // 'same' pads by a column on the left; of the two rows, none above.
    expect(terms.filter(({ isPadding }) => isPadding)).toHaveLength(2 * 4);
    for (const { left, leftAt, right, rightAt, isPadding } of terms) {
      expect(left).toBe(isPadding ? 0 : inspection.tensors[leftAt!.tensor]!.data[leftAt!.index]);
      expect(rightAt!.tensor).toBe('layer2/kernel');
      expect(right).toBe(inspection.tensors['layer2/kernel']!.data[rightAt!.index]);
    }
    expect(bias!.value).toBe(inspection.tensors['layer2/bias']!.data[0]);
  });

  test('a pool names its winner, which alone gets the gradient', async () => {
    const inspection = await inspected('softmax, categorical from logits');
    const { terms, combine } = explainNumber(inspection, 'layer1/output', 17);
    expect(combine).toBe('max');
    const winner = terms.find(({ isChosen }) => isChosen)!;
    expect(winner.product).toBe(Math.max(...terms.map(({ product }) => product)));
    for (const { leftAt, isChosen } of terms) {
      const { terms: back } = explainNumber(inspection, 'layer0/output/gradient', leftAt!.index);
      expect(back.map(({ right }) => right)).toEqual([isChosen ? 1 : 0]);
    }
  });

  test("Adam's step is laid out", async () => {
    const inspection = await inspected('softmax, categorical from logits');
    const { slots, weight, steps, gradient } = explainUpdate(inspection, 'layer6/bias', 1);
    expect(steps.map(({ label }) => label)).toEqual(['t', 'm̂', 'v̂', 'stepSize', 'change']);
    const [t, mHat, vHat, , change] = steps.map(({ value }) => value);
    expect(t).toBe(3);
    expect(gradient).toBe(inspection.tensors['layer6/bias/gradient']!.data[1]);
    expect(slots.map(({ place }) => place.tensor)).toEqual(['layer6/bias/m/updated', 'layer6/bias/v/updated']);
    // The paper's form of the same step, but for where epsilon stands.
    expect(change! / ((-0.001 * mHat!) / Math.sqrt(vHat!))).toBeCloseTo(1, 4);
    expect(weight.value - inspection.tensors['layer6/bias']!.data[1]!).toBeCloseTo(change!, 7);
  });

  test('largest terms and the rest are all of it', async () => {
    const inspection = await inspected('softmax, categorical from logits');
    const terms = explainNumber(inspection, 'layer5/pre_activation', 3);
    const { shown, rest } = largestTerms(terms, 5);
    expect(shown).toHaveLength(5);
    expect(shown.reduce((sum, { product }) => sum + product, rest + terms.bias!.value)).toBeCloseTo(terms.sum, 12);
    expect(Math.abs(shown[4]!.product)).toBeGreaterThanOrEqual(
      Math.max(...terms.terms.filter(each => !shown.includes(each)).map(({ product }) => Math.abs(product))),
    );
  });

  test('what was not read is named', async () => {
    const inspection = await inspected('softmax, categorical from logits', { want: (name: string) => name !== 'layer0/kernel' });
    expect(inspection.tensors['layer0/kernel']).toBeUndefined();
    expect(() => explainNumber(inspection, 'layer0/pre_activation', 0)).toThrow("it has no 'layer0/kernel'");
    expect(() => explainNumber(inspection, 'layer0/output', 1e6)).toThrow('number 1000000 was asked for');
    expect(() => explainNumber(inspection, 'layer6/output/gradient', 0)).toThrow("it has no 'layer6/output/gradient'");
  });

  test.each([
    'strides and overlapping pools, binary from logits, SGD',
    'dilated windows, and layers without a bias',
    'means of overlapping windows, zeros around the picture',
    'channels by themselves, and mixed at each place',
  ])('a receptive field is just what a number depends on: %s', async name => {
    const inspection = await inspected(name);
    const [height, width, channels] = inspection.inputShape as [number, number, number];
    /** The places of the layer's input that a number's terms lead back to, through what lies within the layer. */
    const behind = (tensor: string, index: number): number[] =>
      explainNumber(inspection, tensor, index).terms.flatMap(({ leftAt }) => {
        if (!leftAt) return [];
        return leftAt.tensor.endsWith('/depthwise') ? behind(leftAt.tensor, leftAt.index) : [leftAt.index];
      });
    const shape = inspection.layers[2]!.outputShape;
    for (const index of [0, sizeOf(shape) - 1, 7]) {
      const regions = receptiveField(inspection, 2, index);
      expect(regions.map(({ tensor }) => tensor)).toEqual(['layer1/output', 'layer0/output', 'input']);
      // The places of the picture that the number's terms lead back to, by the terms themselves.
      let reached = new Set([index]);
      for (const { linear } of inspection.layers.slice(0, 3).reverse()) {
        reached = new Set([...reached].flatMap(place => behind(linear, place)));
      }
      const rows = [...reached].map(each => Math.floor(each / channels / width));
      const columns = [...reached].map(each => Math.floor(each / channels) % width);
      const { top, left, ...size } = regions.at(-1)!;
      expect([top, left]).toEqual([Math.min(...rows), Math.min(...columns)]);
      expect([top + size.height - 1, left + size.width - 1]).toEqual([Math.max(...rows), Math.max(...columns)]);
    }
    expect(receptiveField(inspection, inspection.layers.length - 1, 1).at(-1)).toEqual({
      tensor: 'input',
      top: 0,
      left: 0,
      height,
      width,
    });
  });
});

test('pictures and labels that do not fit are refused by their shapes', async () => {
  const model = await trained(networks['softmax, categorical from logits']!, new ReferenceExecutor());
  await expect(inspect(model, new Float32Array(9 * 11 * 2), new Float32Array(2))).rejects.toThrow('labels have 2 numbers a row');
  await expect(inspect(model, new Float32Array(10), new Float32Array(3))).rejects.toThrow('10 numbers do not fill rows');
  await model.close();
});
