import { describe, expect, test, vi } from 'vitest';
import { inspect } from '../src/inspect/inspect.js';
import { nearest } from '../src/inspect/neighbours.js';
import { explainNumber } from '../src/inspect/one_number.js';
import type { Terms } from '../src/inspect/types.js';
import { activation, conv2d, dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { adam } from '../src/nn/optimizers.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { added } from '../src/studio/page/draw/format.js';
import { largestNumber, layoutOf, mostTelling } from '../src/studio/page/state/layout.js';
import type { ModelSummary } from '../src/studio/protocol.js';
import { tinyModel } from './helpers/tiny.js';

/** How the output of a function of one number is explained, the label of each term with its left factor. */
async function termsOf(name: 'sigmoid' | 'tanh', input: number): Promise<{ readonly terms: Terms; readonly left: Record<string, number> }> {
  const model = sequential([flatten({ inputShape: [1, 1, 1] }), dense(1, { useBias: false }), activation(name)], { seed: 1 });
  await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  model.setWeights({ 'dense.kernel': Float32Array.of(1) });
  const inspection = await inspect(model, Float32Array.of(input), Float32Array.of(1));
  await model.close();
  const terms = explainNumber(inspection, 'layer2/output', 0);
  return { terms, left: Object.fromEntries(terms.terms.map(({ label, left }) => [label, left])) };
}

describe('a term is the number that its name says', () => {
  test.each([-90, -0.376, 0, 3.5])('sigmoid of %d', async input => {
    const { terms, left } = await termsOf('sigmoid', input);
    const x = Math.fround(input);
    expect(left).toEqual({ 1: 1, 'exp(−input)': Math.exp(-x) });
    expect(terms.sum).toBeCloseTo(1 / (1 + Math.exp(-x)), 12);
  });

  test.each([-1.25, 0.5])('tanh of %d', async input => {
    const { left } = await termsOf('tanh', input);
    const size = Math.abs(input);
    expect(left).toEqual({ 'exp(input − |input|)': Math.exp(input - size), 'exp(−input − |input|)': Math.exp(-input - size) });
  });

  test('softmax, whose largest logit may be below 0', async () => {
    const model = sequential([flatten({ inputShape: [1, 2, 1] }), dense(2), activation('softmax')], { seed: 1 });
    await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
    model.setWeights({ 'dense.kernel': Float32Array.of(-1, 0, 0, -2), 'dense.bias': Float32Array.of(-0.5, 0) });
    const inspection = await inspect(model, Float32Array.of(1, 1), Float32Array.of(1, 0));
    await model.close();
    const { terms } = explainNumber(inspection, 'layer2/output', 1);
    expect(terms.map(({ label }) => label)).toEqual(['exp(logit 0 + 1.500)', 'exp(logit 1 + 1.500)']);
  });

  test('what is added has one sign', () => {
    expect([added(-0.821, 3), added(0.5), added(0)]).toEqual(['− 0.821', '+ 0.5000', '+ 0']);
  });
});

describe('views open where there is something to see', () => {
  test('on the map whose numbers differ most, and the number that is farthest from 0', async () => {
    const model = await tinyModel(new ReferenceExecutor());
    const inspection = await inspect(
      model,
      Float32Array.from({ length: 9 * 11 * 2 }, (_, i) => Math.sin(i)),
      Float32Array.of(0, 1, 0),
    );
    await model.close();
    for (const tensor of Object.keys(inspection.tensors)) {
      const layout = layoutOf(inspection, tensor)!;
      const { tile, other } = mostTelling(layout);
      const spread = (at: number, of: number): number => {
        const { data, offset, stride, count } = layout.slice(at, of);
        const values = Array.from({ length: count }, (_, i) => data[offset + i * stride]!);
        return count > 1 ? Math.max(...values) - Math.min(...values) : Math.abs(values[0]!);
      };
      const all = Array.from({ length: layout.tiles * layout.others }, (_, i) => spread(i % layout.tiles, Math.floor(i / layout.tiles)));
      expect(spread(tile, other), tensor).toBe(Math.max(...all));
      const largest = layout.data[largestNumber(layout)]!;
      expect(Math.abs(largest), tensor).toBe(Math.max(...Array.from(layout.data, Math.abs)));
    }
  });
});

test('a picture is not its own neighbour', () => {
  const features = Float32Array.of(0, 0, 1, 1, 0, 0, 3, 3);
  const found = nearest(features, Float32Array.of(0, 0), 2, index => index === 0);
  expect(found.map(({ index }) => index)).toEqual([2, 1]);
});

describe('an inspection of some tensors', () => {
  test('has the numbers of the whole one, and leaves the model as it was', async () => {
    const layers = [conv2d(2, 3, { activation: 'relu', inputShape: [6, 5, 2] }), flatten(), dense(2, { activation: 'softmax' })];
    const model = sequential(layers, { seed: 3 });
    await model.compile({ loss: 'categoricalCrossentropy', optimizer: adam({ learningRate: 0.1 }), executor: new ReferenceExecutor() });
    const x = Float32Array.from({ length: 60 }, (_, i) => Math.cos(i));
    const y = Float32Array.of(0, 1);
    await model.fit({ x, y, batchSize: 1 }, { epochs: 1 });
    const before = structuredClone(await model.getWeights());
    const whole = await inspect(model, x, y);
    // One of the numbers that a step changes together: the others of the weight must not change either.
    for (const wanted of [/^layer0\/kernel\/updated$/, /^layer2\/bias\/m\/updated$/, /^(layer0\/output|probabilities)$/, /\/gradient$/]) {
      const part = await inspect(model, x, y, { want: name => wanted.test(name) });
      expect(Object.keys(part.tensors)).toEqual(Object.keys(whole.tensors).filter(name => wanted.test(name)));
      for (const [name, { data }] of Object.entries(part.tensors)) expect(data, name).toEqual(whole.tensors[name]!.data);
    }
    expect(await model.getWeights()).toEqual(before);
    expect((await inspect(model, x, y)).tensors).toEqual(whole.tensors);
    await model.close();
  });
});

describe('of a large network the page asks for the layers that a view shows', () => {
  const summary = (units: number): ModelSummary =>
    ({ layers: Array.from({ length: 5 }, () => ({ outputShape: [units] })), count: 0 }) as unknown as ModelSummary;

  test.each([
    ['#/network', [0]],
    ['#/network?layer=3', [3]],
    ['#/network?layer=none', []],
    ['#/network?layer=9', []],
    ['#/number', [0, 1]],
    ['#/number?tensor=layer2/kernel', [1, 2, 3]],
    ['#/number?tensor=loss', [3, 4]],
    ['#/number?tensor=input', [0]],
    ['#/learned', []],
  ])('%s', async (hash, layers) => {
    vi.stubGlobal('location', { hash });
    vi.stubGlobal('addEventListener', () => {});
    vi.resetModules();
    const { wantedLayers } = await import('../src/studio/page/state/wanted_layers.js');
    const { model } = await import('../src/studio/page/state/live.js');
    model.value = summary(1_000_000);
    expect(wantedLayers.value).toEqual(layers);
    model.value = summary(100);
    expect(wantedLayers.value).toBeUndefined();
  });
});
