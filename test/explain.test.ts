import { describe, expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import { RandomState } from '../src/engine/random.js';
import { collect } from '../src/inspect/collect.js';
import { gradCam, mappedLayer, resizeMap } from '../src/inspect/grad_cam.js';
import { confusionGallery, judge, topLosses } from '../src/inspect/mistakes.js';
import { featureLayer, nearest } from '../src/inspect/neighbours.js';
import { occlusion } from '../src/inspect/occlusion.js';
import { ArraySource } from '../src/nn/arrays.js';
import { averagePooling2d, conv2d, dense, depthwiseConv2d, flatten, globalAveragePooling2d, separableConv2d } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

const gpu = useGpu();

/** As many pictures of noise. */
function noise(count: number, size: number, seed = 3): Float32Array {
  const random = new RandomState(seed);
  return new Float32Array(count * size).map(() => random.uniform(-1, 1));
}

test.each([
  ['separable_conv2d', () => separableConv2d(4, 2)],
  ['depthwise_conv2d', () => depthwiseConv2d(2)],
  ['conv2d_1', () => conv2d(4, 2)],
] as const)('Grad-CAM looks at the last convolution of whatever kind: %s', (name, make) => {
  const ending = [averagePooling2d(2), globalAveragePooling2d(), dense(2, { activation: 'softmax' })];
  const model = sequential([conv2d(3, 3, { inputShape: [9, 9, 1] }), make(), ...ending]);
  expect(model.layers[mappedLayer(model, undefined)]!.name).toBe(name);
});

describe('Grad-CAM', () => {
  test('of a linear network is what its weights say', async () => {
    const model = sequential(
      [conv2d(4, 3, { activation: 'relu', inputShape: [7, 9, 2] }), flatten(), dense(3, { activation: 'softmax' })],
      { seed: 2 },
    );
    await model.compile({ loss: 'categoricalCrossentropy', executor: gpu() });
    const x = noise(2, 7 * 9 * 2);
    const { features } = await collect(model, new ArraySource(x, [7, 9, 2], undefined, { shuffle: false }), 0);
    const kernel = (await model.getWeights())['dense.kernel']!;
    const maps = await gradCam(model, x, { classIndex: 1 });
    for (const [n, { map, height, width, weights }] of maps.entries()) {
      expect([height, width]).toEqual([5, 7]);
      // The logit is Σ kernel · activation: its gradient is the kernel.
      const wanted = Array.from({ length: 4 }, (_, c) => {
        const column = Array.from({ length: 35 }, (_, pixel) => kernel[(pixel * 4 + c) * 3 + 1]!);
        return column.reduce((sum, value) => sum + value, 0) / 35;
      });
      expect(compare(weights, Float32Array.from(wanted)).error).toBeLessThan(1e-5);
      const sums = Array.from({ length: 35 }, (_, pixel) =>
        Math.max(
          0,
          wanted.reduce((sum, weight, c) => sum + weight * features[(n * 35 + pixel) * 4 + c]!, 0),
        ),
      );
      expect(Math.max(...sums)).toBeGreaterThan(0);
      expect(compare(map, Float32Array.from(sums)).error).toBeLessThan(1e-5);
    }
    await model.close();
  });

  test('is the same on GPU and reference, over several batches, and takes the predicted class', async () => {
    const x = noise(13, 9 * 11 * 2);
    const found = [];
    for (const executor of [gpu(), new ReferenceExecutor()]) {
      const model = await tinyModel(executor);
      found.push(await gradCam(model, x));
      expect(
        compare(Float32Array.from(found.at(-1)!.flatMap(({ probabilities }) => [...probabilities])), await model.predict(x)).error,
      ).toBeLessThan(1e-5);
      await model.close();
    }
    const [first, second] = found;
    expect(first).toHaveLength(13);
    for (const [i, { map, classIndex, layer, probabilities }] of first!.entries()) {
      expect(layer).toBe(2);
      expect(probabilities[classIndex]).toBe(Math.max(...probabilities));
      expect(classIndex).toBe(second![i]!.classIndex);
      expect(compare(map, second![i]!.map).error).toBeLessThan(1e-4);
    }
  });

  test('refuses layers without maps and classes that are not there', async () => {
    const model = await tinyModel(new ReferenceExecutor());
    const x = noise(1, 9 * 11 * 2);
    await expect(gradCam(model, x, { layer: 5 })).rejects.toThrow(
      'layer 5 (dense) gives [6], no maps; wanted one of 0 (conv2d), 1 (max_pooling2d)',
    );
    await expect(gradCam(model, x, { layer: 70 })).rejects.toThrow('no layer 70');
    await expect(gradCam(model, x, { classIndex: 3 })).rejects.toThrow('class 3 was asked for, the model has 3');
    await expect(gradCam(model, x.subarray(1))).rejects.toThrow('197 numbers do not fill pictures of [9, 11, 2]');
    await model.close();
  });

  test('a map at another size keeps its corners and its constant', () => {
    const map = Float32Array.from([0, 1, 2, 3]);
    const larger = resizeMap(map, 2, 2, 4, 4);
    expect([larger[0], larger[3], larger[12], larger[15]]).toEqual([0, 1, 2, 3]);
    expect([...larger.subarray(4, 8)]).toEqual([0.5, 0.75, 1.25, 1.5]);
    expect(new Set(resizeMap(new Float32Array(6).fill(7), 2, 3, 5, 5))).toEqual(new Set([7]));
    expect(resizeMap(map, 2, 2, 2, 2)).toEqual(map);
  });
});

describe('occlusion', () => {
  test('is the mean fall over the patches that hide a pixel', async () => {
    const model = sequential([flatten({ inputShape: [7, 8, 1] }), dense(1, { activation: 'sigmoid' })], { seed: 3 });
    await model.compile({ loss: 'binaryCrossentropy', executor: gpu() });
    const picture = noise(1, 56);
    const found = await occlusion(model, picture, { classIndex: 1, patch: 3, stride: 2 });
    const mean = picture.reduce((sum, value) => sum + value, 0) / 56;
    const whole = (await model.predict(picture))[0]!;
    expect(found.probability).toBeCloseTo(whole, 6);
    const falls: { top: number; left: number; fall: number }[] = [];
    for (const top of [0, 2, 4]) {
      for (const left of [0, 2, 4, 5]) {
        const hidden = picture.slice();
        for (let i = 0; i < 9; i++) hidden[(top + Math.floor(i / 3)) * 8 + left + (i % 3)] = mean;
        falls.push({ top, left, fall: whole - (await model.predict(hidden))[0]! });
      }
    }
    expect(found.count).toBe(falls.length);
    for (let pixel = 0; pixel < 56; pixel++) {
      const [row, column] = [Math.floor(pixel / 8), pixel % 8];
      const over = falls.filter(({ top, left }) => row >= top && row < top + 3 && column >= left && column < left + 3);
      const wanted = over.reduce((sum, { fall }) => sum + fall, 0) / over.length;
      expect(found.map[pixel], `pixel ${row}, ${column}`).toBeCloseTo(wanted, 5);
    }
    const against = await occlusion(model, picture, { classIndex: 0, patch: 3, stride: 2 });
    expect(
      compare(
        against.map,
        found.map.map(value => -value),
      ).error,
    ).toBeLessThan(1e-5);
    await model.close();
  });

  test('refuses a patch larger than the picture', async () => {
    const model = await tinyModel(new ReferenceExecutor());
    await expect(occlusion(model, noise(1, 9 * 11 * 2), { patch: 10 })).rejects.toThrow(
      'patch 10 and stride 5 do not fit a picture of 9x11',
    );
    await model.close();
  });
});

describe('judgements', () => {
  test.each(['categoricalCrossentropy', 'binaryCrossentropy'] as const)('of %s mean to what evaluate gives', async name => {
    for (const from of ['logits', 'probs'] as const) {
      const model = await tinyModel(gpu());
      await model.compile({ loss: { name, from }, metrics: ['acc'], executor: gpu() });
      const source = tinyData({ shuffle: false });
      const { loss, acc } = await model.evaluate(source);
      const judgements = judge(model.compiled.loss, await collect(model, source));
      expect(judgements).toHaveLength(23);
      expect(judgements.reduce((sum, each) => sum + each.loss, 0) / 23).toBeCloseTo(loss, 5);
      expect(judgements.filter(({ label, predicted }) => label === predicted).length / 23).toBeCloseTo(acc!, 10);
      const cells = confusionGallery(judgements, 3);
      expect(cells.flat(2)).toHaveLength(23);
      for (const [label, row] of cells.entries()) {
        for (const [predicted, cell] of row.entries()) {
          for (const [i, each] of cell.entries()) {
            expect(each).toMatchObject({ label, predicted });
            if (i > 0) expect(each.confidence).toBeLessThanOrEqual(cell[i - 1]!.confidence);
          }
        }
      }
      const worst = topLosses(judgements, 4);
      expect(worst).toHaveLength(4);
      expect(worst[0]!.loss).toBe(Math.max(...judgements.map(each => each.loss)));
      expect(worst.map(({ loss }) => loss)).toEqual(worst.map(({ loss }) => loss).sort((a, b) => b - a));
      await model.close();
    }
  });

  test('collected rows are those of predict, whatever the batches', async () => {
    const model = await tinyModel(gpu());
    const source = tinyData({ shuffle: false });
    const { probabilities, features, width, labels } = await collect(model, source, 5);
    expect(compare(probabilities, await model.predict(source)).error).toBeLessThan(1e-6);
    expect([width, features.length, labels.length]).toEqual([6, 23 * 6, 23 * 3]);
    await model.close();
  });
});

describe('neighbours', () => {
  test('are in the order of their distance', () => {
    const rows = Float32Array.from([0, 0, 3, 4, 1, 0, 0, 1]);
    expect(nearest(rows, Float32Array.from([0, 0]), 3)).toEqual([
      { index: 0, distance: 0 },
      { index: 2, distance: 1 },
      { index: 3, distance: 1 },
    ]);
  });

  test('are sought in the last dense layer but one', async () => {
    expect(featureLayer(await tinyModel(new ReferenceExecutor()))).toBe(5);
    expect(featureLayer(sequential([flatten({ inputShape: [2, 2, 1] }), dense(2)]))).toBe(0);
    expect(featureLayer(sequential([dense(2, { inputShape: [4] })]))).toBeUndefined();
  });
});
