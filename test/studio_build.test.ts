import { beforeAll, describe, expect, test, vi } from 'vitest';
import { openNetwork } from '../src/formats/network.js';
import { bytesSource } from '../src/formats/source.js';
import { inspect } from '../src/inspect/inspect.js';
import { receptiveField } from '../src/inspect/one_number.js';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  globalAveragePooling2d,
  type Layer,
  maxPooling2d,
  separableConv2d,
  zeroPadding2d,
} from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { modelSummary } from '../src/studio/engine/summary.js';
import { lookAt } from '../src/studio/page/build/draft.js';
import { completeConfig, OFFERS } from '../src/studio/page/build/kinds.js';
import { type Draft, draftOf, lookAtDraft, networkText, nextId, readDraft } from '../src/studio/page/build/network.js';
import { smallLayers } from '../src/studio/page/build/small_network.js';

const learning = { optimizer: { name: 'sgd', learningRate: 0.05, momentum: 0.9 }, loss: 'categoricalCrossentropy' } as const;
const draftFrom = (inputShape: Draft['inputShape'], layers: readonly Layer[]): Draft => ({
  inputShape,
  layers: draftOf(layers),
  ...learning,
});

const CASES: readonly (readonly [string, Draft['inputShape'], () => Layer[]])[] = [
  ['the small network', [24, 24, 3], smallLayers],
  [
    'strides, dilation and padding',
    [31, 29, 2],
    () => [
      conv2d(5, [3, 5], { strides: [2, 1], activation: 'relu', inputShape: [31, 29, 2] }),
      zeroPadding2d(2),
      conv2d(4, 3, { dilationRate: 2, padding: 'same' }),
      averagePooling2d([3, 2], { strides: [2, 2] }),
      batchNormalization(),
      globalAveragePooling2d(),
      dense(2, { activation: 'softmax' }),
    ],
  ],
  [
    'a filter for each channel',
    [20, 20, 1],
    () => [
      depthwiseConv2d(3, { depthMultiplier: 2, inputShape: [20, 20, 1] }),
      separableConv2d(6, 3, { activation: 'elu' }),
      maxPooling2d(3),
      flatten(),
      dense(1, { activation: 'sigmoid' }),
    ],
  ],
];

/** The inspection of a network, of which layers and windows are compared. */
async function engineOf(inputShape: Draft['inputShape'], layers: readonly Layer[]) {
  const model = sequential(layers, { seed: 1 });
  await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  const summary = modelSummary(model, { from: '', classes: ['a', 'b'], rescale: 1 });
  const size = inputShape[0] * inputShape[1] * inputShape[2];
  const picture = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  const units = model.outputShape[0]!;
  const inspection = await inspect(
    model,
    picture,
    Float32Array.from({ length: units }, (_, i) => (i === 0 ? 1 : 0)),
  );
  await model.close();
  return { summary, inspection };
}

describe('a network that is built', () => {
  test.each(CASES)("has the engine's shapes, weights and operations: %s", async (_, inputShape, layers) => {
    const rows = lookAtDraft(draftFrom(inputShape, layers()), 2);
    const { summary } = await engineOf(inputShape, layers());
    expect(rows.map(({ outputShape, parameters, flops }) => ({ outputShape, parameters, flops }))).toEqual(
      summary.layers.map(({ outputShape, count, flops }) => ({ outputShape, parameters: count, flops })),
    );
  });

  test.each(CASES)('sees as much of the picture as its numbers depend on: %s', async (_, inputShape, layers) => {
    const rows = lookAtDraft(draftFrom(inputShape, layers()), 2);
    const { inspection } = await engineOf(inputShape, layers());
    rows.forEach(({ outputShape, field }, layer) => {
      const [height, width, channels] = outputShape!.length === 3 ? (outputShape as [number, number, number]) : [1, 1, outputShape![0]!];
      const index = (Math.floor(height / 2) * width + Math.floor(width / 2)) * channels;
      const region = receptiveField(inspection, layer, index).find(({ tensor }) => tensor === 'input')!;
      expect(field, `layer ${layer}`).toEqual([region.height, region.width]);
    });
  });

  test('sees by its windows what the textbook says: 1 + Σ (kernel − 1) · jump', () => {
    const rows = lookAtDraft(
      draftFrom([60, 60, 3], [conv2d(2, 3, { inputShape: [60, 60, 3] }), maxPooling2d(2), conv2d(2, 5), maxPooling2d(2), conv2d(2, 3)]),
      2,
    );
    expect(rows.map(({ field }) => field)).toEqual([3, 4, 12, 14, 22].map(size => [size, size]));
  });

  test('is the same from its file, and of the optimizer, rate and loss that it says', async () => {
    const draft = draftFrom([24, 24, 3], smallLayers());
    const text = networkText(draft);
    const bytes = new TextEncoder().encode(text);
    const read = await readDraft('network.json', bytes, { ...draft, optimizer: { name: 'adam', learningRate: 1, momentum: 0 } });
    expect(networkText(read)).toBe(text);
    expect([read.optimizer, read.loss]).toEqual([learning.optimizer, learning.loss]);
    // As `train --network` opens it.
    const { compile, hasWeights } = await openNetwork(bytesSource('network.json', bytes));
    expect([compile!.optimizer.name, compile!.optimizer.learningRate, hasWeights]).toEqual(['sgd', 0.05, false]);
    await expect(readDraft('x.json', new TextEncoder().encode('{}'), draft)).rejects.toThrow('x.json is not a network file: wanted');
  });

  test('takes every kind that is offered, with defaults that fit', () => {
    for (const { kind, base } of OFFERS) {
      const config = completeConfig(kind, base);
      const [onPictures] = lookAt([24, 24, 3], [{ id: nextId(), kind, config }]);
      const [onNumbers] = lookAt([24], [{ id: nextId(), kind, config }]);
      expect([onPictures!.problem, onNumbers!.problem].includes(undefined), kind).toBe(true);
    }
  });
});

describe('what is wrong is said at its layer, in words', () => {
  const small = () => draftFrom([24, 24, 3], smallLayers());
  const changed = (index: number, config: object): Draft => {
    const draft = small();
    return {
      ...draft,
      layers: draft.layers.map((layer, i) => (i === index ? { ...layer, config: { ...layer.config, ...config } } : layer)),
    };
  };
  const without = (...indices: number[]): Draft => ({ ...small(), layers: small().layers.filter((_, i) => !indices.includes(i)) });

  test.each<readonly [string, Draft, number, RegExp]>([
    [
      'a window that does not fit',
      changed(2, { kernelSize: [13, 13] }),
      2,
      /^Its window of 13 × 13 does not fit into 11 × 11: use a smaller one/,
    ],
    ['no number', changed(0, { filters: null }), 0, /^Filters: nothing is given, wanted/],
    ['a number that is none of a layer', changed(0, { filters: 2.5 }), 0, /^Filters: 2.5 is given, wanted/],
    ['a rate of 1', changed(5, { rate: 1 }), 5, /^Rate is 1, wanted/],
    ['dense on pictures', without(4), 5, /^It takes numbers in a row, and what comes before it gives 4 × 4 × 8: put a flatten/],
    ['an end without classes', changed(7, { activation: 'relu' }), 7, /end it with softmax/],
    ['another number of classes', changed(7, { units: 3 }), 7, /ends here with 3 units, and there are 2 classes/],
    ['an end in pictures', without(4, 5, 6, 7), 3, /ends here with 4 × 4 × 8 numbers: end it with a dense layer/],
    ['one unit learned as two', changed(7, { units: 1, activation: 'sigmoid' }), 7, /learned by binary cross-entropy/],
  ])('%s', (_, draft, layer, said) => {
    const problems = lookAtDraft(draft, 2).map(({ problem }) => problem);
    expect(problems[layer]).toMatch(said);
    expect(problems.filter(problem => problem !== undefined)).toHaveLength(1);
  });

  test('pictures after a flatten', () => {
    const draft = small();
    const moved = { ...draft, layers: [draft.layers[4]!, ...draft.layers.filter((_, i) => i !== 4)] };
    expect(lookAtDraft(moved, 2)[1]!.problem).toMatch(/^It takes pictures .* gives 1728 numbers in a row/);
  });
});

describe('edits', () => {
  const kept = new Map<string, string>();
  beforeAll(() => {
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
    });
  });

  test('add, move, change and take out layers, and are undone one by one', async () => {
    const { addLayer, draft, moveLayer, removeLayer, setField, undo } = await import('../src/studio/page/state/draft.js');
    const kinds = (): string[] => draft.value.layers.map(({ kind }) => kind);
    const first = kinds();
    addLayer('batch_normalization', 1);
    const { id } = draft.value.layers[1]!;
    moveLayer(id, 3);
    expect(kinds()[3]).toBe('batch_normalization');
    setField(draft.value.layers[0]!.id, 'filters', 9);
    removeLayer(id);
    expect(kinds()).toEqual(first);
    expect(JSON.parse(kept.get('wgrad-studio-network')!).layers[0].config.filters).toBe(9);
    for (let i = 0; i < 4; i++) undo();
    expect([kinds(), draft.value.layers[0]!.config.filters]).toEqual([first, 8]);
  });
});
