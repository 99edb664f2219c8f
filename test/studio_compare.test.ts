import { describe, expect, test } from 'vitest';
import { dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { networkWords } from '../src/run/network_words.js';
import { histogramOf } from '../src/studio/engine/measure.js';
import { pastRunOf } from '../src/studio/engine/past_run.js';
import { kindsOf } from '../src/studio/page/state/kinds_of.js';
import { smoothed } from '../src/studio/page/state/smooth.js';
import { COLUMNS, ROWS, weightHistories } from '../src/studio/page/state/weight_history.js';
import type { NormsPoint } from '../src/studio/protocol.js';

describe('runs are compared', () => {
  test('with their network and how it was trained, as history.json says it', async () => {
    const model = sequential([flatten({ inputShape: [2, 2, 3] }), dense(4, { activation: 'relu' }), dense(2, { activation: 'softmax' })], {
      seed: 1,
    });
    await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
    const network = networkWords(model);
    await model.close();
    expect(network).toMatchObject({ weights: 12 * 4 + 4 + 4 * 2 + 2, optimizer: 'adam', learningRate: 0.001, loss: 'binaryCrossentropy' });
    const run = pastRunOf(JSON.stringify({ seed: 3, network, history: { loss: [1, null] } }))!;
    expect([run.seed, run.network, run.history.loss]).toEqual([3, network, [1, null]]);
    expect(kindsOf(network.layers)).toBe('flatten, 2 dense');
  });

  test.each(['{', '[]', '{}', '{"history":{"loss":"x"}}', '{"history":{"loss":[1]},"network":{"layers":7}}'])(
    'spoilt ones are none: %s',
    text => {
      expect(pastRunOf(text)).toBeUndefined();
    },
  );

  test('runs of before there were such words are read without', () => {
    expect(pastRunOf('{"history":{"loss":[1]}}')?.network).toBeUndefined();
  });
});

describe('smoothing', () => {
  test('changes no constant curve, also not its beginning, and leaves gaps where they are', () => {
    const found = smoothed([5, 5, null, 5], 0.9);
    expect(found.map(each => each && Number(each.toFixed(12)))).toEqual([5, 5, null, 5]);
    expect(smoothed([1, 3], 0)).toEqual([1, 3]);
  });

  test('weighs the numbers before as it says', () => {
    // (0.5 · 0.5 · 1 + 0.5 · 3) / (0.5 · 0.5 + 0.5)
    expect(smoothed([1, 3], 0.5)[1]).toBeCloseTo(1.75 / 0.75, 12);
  });
});

describe('histograms over time', () => {
  test('count every weight once', () => {
    const { low, high, counts } = histogramOf([-1, -1, 0, 0.5, 3])!;
    expect([low, high, counts.reduce((sum, each) => sum + each, 0), counts[0], counts.at(-1)]).toEqual([-1, 3, 5, 2, 1]);
    expect(histogramOf([1, Number.NaN])).toBeUndefined();
    expect(histogramOf([2, 2])!.counts[0]).toBe(2);
  });

  test('are laid on one range and on the steps, with all weights in each column', () => {
    const at = (step: number, values: readonly number[]): NormsPoint => ({
      step,
      parameters: [{ name: 'dense.kernel', weight: 1, gradient: 1, histogram: histogramOf(values) }],
      dead: [],
    });
    const [history] = weightHistories([at(10, [0, 0.5, 1]), at(20, [-1, 0, 1]), at(40, [2, 2, 2])]);
    expect([history!.low, history!.high, history!.first, history!.last, history!.shares.length]).toEqual([-1, 2, 10, 40, COLUMNS]);
    for (const column of history!.shares) expect(column.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 6);
    expect(history!.shares.at(-1)![ROWS - 1]).toBeCloseTo(1, 6);
    expect(history!.shares[0]![0]).toBe(0);
  });
});
