import { beforeAll, describe, expect, test } from 'vitest';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import type { Inspection } from '../src/inspect/types.js';
import { batchNormalization, conv2d, dense, flatten, globalAveragePooling2d } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { number } from '../src/studio/page/draw/format.js';
import { layoutOf } from '../src/studio/page/state/layout.js';
import { namesOf, numberName, termLabel } from '../src/studio/page/state/names.js';

const CLASSES = ['cat', 'dog', 'owl'];
const COLORS = ['red', 'green', 'blue'];

/** Of a model that reads pictures of 6 × 6 in colour, or of as many channels. */
async function inspected(layers: Parameters<typeof sequential>[0], channels = 3): Promise<Inspection> {
  const model = sequential(layers, { seed: 1 });
  const units = model.outputShape[0]!;
  await model.compile({ loss: units === 1 ? 'binaryCrossentropy' : 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  const picture = Float32Array.from({ length: 36 * channels }, (_, i) => Math.sin(i) ** 2);
  const result = await inspect(model, picture, Float32Array.of(1, ...Array(units - 1).fill(0)));
  await model.close();
  return result;
}

describe('what a number is called', () => {
  let inspection: Inspection;
  const names = (tensor: string) => namesOf(inspection, layoutOf(inspection, tensor)!, CLASSES);
  const called = (tensor: string, row: number, column: number): string =>
    numberName(layoutOf(inspection, tensor)!, names(tensor), row, column);
  const labels = (tensor: string, index: number): string[] => {
    const terms = explainNumber(inspection, tensor, index);
    return terms.terms.map(term => termLabel(inspection, term, CLASSES));
  };

  beforeAll(async () => {
    inspection = await inspected([
      conv2d(4, 3, { inputShape: [6, 6, 3], activation: 'relu' }),
      batchNormalization(),
      flatten(),
      dense(5, { activation: 'relu' }),
      dense(3, { activation: 'softmax' }),
    ]);
  });

  test('channels of the picture by their colours, in its kernel too, and no others', () => {
    expect(names('input')).toEqual({ tile: COLORS });
    expect(names('layer0/kernel')).toEqual({ other: COLORS });
    expect(names('layer0/kernel/gradient')).toEqual({ other: COLORS });
    for (const tensor of ['layer0/output', 'layer1/output', 'layer3/kernel']) expect(names(tensor), tensor).toEqual({});
    expect(labels('layer0/pre_activation', 0)).toContain('row 0, column 0, red');
    expect(labels('layer0/pre_activation', 0)).toContain('row 2, column 1, blue');
  });

  test('units of a dense layer by their number, those of the last layer by their class', () => {
    expect(called('layer3/output', 0, 3)).toBe('unit 3');
    expect(called('layer3/bias', 0, 4)).toBe('unit 4');
    expect(called('layer0/bias', 1, 1)).toBe('filter 3');
    expect(called('layer1/gamma', 1, 0)).toBe('channel 2');
    expect(called('layer0/output', 1, 2)).toBe('row 1, column 2');
    for (const tensor of ['layer4/output', 'layer4/pre_activation', 'logits', 'probabilities', 'layer4/bias']) {
      expect(called(tensor, 0, 1), tensor).toBe('dog');
    }
    expect(called('layer4/kernel', 2, 1)).toBe('feature 2, dog');
    expect(names('layer4/kernel')).toEqual({ column: CLASSES });
  });

  test('and so are the terms of what comes before and after', () => {
    expect(labels('layer3/output/gradient', 0)).toEqual(CLASSES);
    expect(labels('layer2/output/gradient', 0)[1]).toBe('unit 1');
    expect(labels('loss', 0)[0]).toMatch(/^cat, label 1/);
    expect(labels('probabilities', 0)[1]).toMatch(/^exp\(logit of dog/);
  });

  test('one output is the second of two classes, and grey pictures have no colours', async () => {
    const grey = await inspected(
      [conv2d(2, 3, { inputShape: [6, 6, 1] }), globalAveragePooling2d(), dense(1, { activation: 'sigmoid' })],
      1,
    );
    const two = ['no', 'yes'];
    const layout = layoutOf(grey, 'layer2/output')!;
    expect(numberName(layout, namesOf(grey, layout, two), 0, 0)).toBe('yes');
    expect(namesOf(grey, layoutOf(grey, 'layer0/kernel')!, two)).toEqual({});
    const pooled = layoutOf(grey, 'layer1/output')!;
    expect(numberName(pooled, namesOf(grey, pooled, two), 0, 1)).toBe('channel 1');
  });
});

test('a number as the number view writes it tells every float32 from its neighbours, and no more', () => {
  for (const value of [0.07526182383298874, -5.618395334749948e-6, 9.232719421386719, 1 / 3, 123456.789, 3.4e38, 1.4e-45]) {
    const float = Math.fround(value);
    const text = number(float, 10);
    expect(Math.fround(Number(text.replaceAll('−', '-')))).toBe(float);
    expect(text.length).toBeLessThanOrEqual(16);
  }
});
