import { beforeAll, describe, expect, test } from 'vitest';
import { inspect } from '../src/inspect/inspect.js';
import type { Inspection } from '../src/inspect/types.js';
import { conv2d, dense, flatten, type Layer, maxPooling2d } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { smallLayers } from '../src/studio/page/build/small_network.js';
import { lastStep, momentOf, stateOf } from '../src/studio/page/glance/flow.js';
import { placeStages } from '../src/studio/page/glance/place.js';
import { gradientOf, type Stage, stagesOf, strengths } from '../src/studio/page/glance/stages.js';

async function inspected(layers: readonly Layer[]): Promise<Inspection> {
  const model = sequential(layers, { seed: 1 });
  await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  const [height, width, channels] = model.inputShape as [number, number, number];
  const picture = Float32Array.from({ length: height * width * channels }, (_, i) => Math.abs(Math.sin(i)));
  const labels = Float32Array.from({ length: model.outputShape[0]! }, (_, i) => (i === 0 ? 1 : 0));
  const found = await inspect(model, picture, labels, { training: false });
  await model.close();
  return found;
}

describe('a network at a glance', () => {
  let inspection: Inspection;
  let stages: readonly Stage[];
  beforeAll(async () => {
    inspection = await inspected(smallLayers());
    stages = stagesOf(inspection);
  });

  test('has a stage for the picture and each layer that changes something, the last for the classes', () => {
    expect(stages.map(({ form, layers }) => [form, layers])).toEqual([
      ['picture', []],
      ['maps', [0]],
      ['maps', [1]],
      ['maps', [2]],
      // Behind it, flatten and a dropout that drops nothing.
      ['maps', [3, 4, 5]],
      ['numbers', [6]],
      ['classes', [7]],
    ]);
    for (const stage of stages) expect(gradientOf(inspection, stage), stage.name).toBeDefined();
  });

  test('stands within its room, maps in proportion to their pixels', () => {
    const { stages: placed, width, height } = placeStages(stages, 'across', { along: 1200, beside: 430 });
    expect(width).toBeLessThanOrEqual(1200);
    expect(height).toBeLessThanOrEqual(430);
    const sides = placed.slice(0, 4).map(({ items }) => items[0]!.width);
    expect(sides.map(side => Number(((24 * side) / sides[0]!).toFixed(6)))).toEqual([24, 22, 11, 9]);
    const down = placeStages(stages, 'down', { along: 0, beside: 340 });
    for (const { box } of down.stages) {
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.left + box.width).toBeLessThanOrEqual(340);
    }
  });

  test('draws lines as strong as the products that go along them', () => {
    const found = strengths(inspection, stages[4]!, stages[5]!)!;
    expect(found.length).toBe(12);
    for (const row of found) expect(Math.max(...row)).toBeCloseTo(1, 12);
    const [input, kernel] = [inspection.tensors['layer5/output']!.data, inspection.tensors['layer6/kernel']!.data];
    const sums = Array.from({ length: 8 }, (_, c) =>
      Array.from({ length: 16 }, (_, place) => Math.abs(input[place * 8 + c]! * kernel[(place * 8 + c) * 12]!)).reduce(
        (sum, each) => sum + each,
        0,
      ),
    );
    for (const [c, strength] of found[0]!.entries()) expect(strength).toBeCloseTo(sums[c]! / Math.max(...sums), 9);
    // A pooling keeps channels apart.
    expect(strengths(inspection, stages[1]!, stages[2]!)![3]).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
  });

  test('goes forward, to the loss and back, each stage once', () => {
    const count = stages.length;
    const way = Array.from({ length: lastStep(count) + 1 }, (_, step) => momentOf(step, count));
    expect(way.filter(({ phase }) => phase === 'forward')).toHaveLength(count);
    expect(way.filter(({ phase }) => phase === 'backward').map(moment => 'stage' in moment && moment.stage)).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect(stateOf(3, 2, count, true)).toBe('waiting');
    expect(stateOf(3, count, count, true)).toBe('values');
    expect(stateOf(3, 2 * count - 3, count, true)).toBe('gradient');
  });

  test('shows the strongest of many maps, and both classes of one output', async () => {
    const wide = await inspected([
      conv2d(30, 3, { activation: 'relu', inputShape: [12, 12, 1] }),
      maxPooling2d(2),
      flatten(),
      dense(1, { activation: 'sigmoid' }),
    ]);
    const found = stagesOf(wide);
    expect([found[1]!.shown.length, found[1]!.hidden]).toEqual([12, 18]);
    expect(found.at(-1)!.shown).toEqual([0, 1]);
    expect(strengths(wide, found.at(-2)!, found.at(-1)!)!.flat().every(Number.isFinite)).toBe(true);
  });
});
