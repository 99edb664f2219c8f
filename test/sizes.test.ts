import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageIterator } from '../src/data/iterator.js';
import { setRandomSeed } from '../src/engine/random.js';
import { readCheckpoint } from '../src/formats/checkpoint.js';
import { ArraySource } from '../src/nn/arrays.js';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { checkImagesFit, formatBytes } from '../src/node/memory.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { checkFolders } from '../src/run/check_folders.js';
import { wgrad } from './helpers/cli.js';
import { useGpu } from './helpers/gpu.js';
import { pictureFolder } from './helpers/pictures.js';

const SIZE = 20;
/** Of each of the two classes. */
const COUNT = 3;
/** A refusal comes before anything of the refused size is made. */
const AT_ONCE_MS = 1000;

let folder = '';
beforeAll(async () => {
  folder = await pictureFolder(COUNT, SIZE, 3);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a batch size over the number of rows', () => {
  const generator = imageDataGenerator({ rotationRange: 20, rescale: 1 / 255 });
  const images = (batchSize: number): Promise<ImageIterator> =>
    generator.flowFromDirectory(folder, { targetSize: [SIZE, SIZE], batchSize, seed: 5 });

  async function small(): Promise<Sequential> {
    const model = sequential([conv2d(2, 3, { inputShape: [SIZE, SIZE, 3] }), flatten(), dense(2, { activation: 'softmax' })], { seed: 1 });
    await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() });
    return model;
  }

  test('takes the rows that there are, drawn as those of a batch that is full', async () => {
    const drawn = [];
    for (const batchSize of [2 * COUNT, 1_000_000]) {
      setRandomSeed(4);
      const iterator = await images(batchSize);
      expect([iterator.batchSize, iterator.length]).toEqual([2 * COUNT, 1]);
      const first = iterator.batch(0);
      iterator.onEpochEnd();
      drawn.push([first, iterator.batch(0)]);
    }
    expect(drawn[1]).toEqual(drawn[0]);
  });

  test('trains, evaluates and predicts to the same numbers', async () => {
    const found = [];
    for (const batchSize of [2 * COUNT, 1_000_000]) {
      setRandomSeed(4);
      const model = await small();
      const { history } = await model.fit(await images(batchSize), { epochs: 2, validationData: await images(batchSize) });
      const x = new Float32Array(2 * SIZE * SIZE * 3).fill(0.5);
      const y = new Float32Array([1, 0, 0, 1]);
      const arrays = await model.fit({ x, y, batchSize }, { validationData: { x, y, batchSize } });
      const scores = await model.evaluate({ x, y, batchSize });
      found.push({
        history,
        arrays: arrays.history,
        scores,
        output: await model.predict({ x, batchSize }),
        weights: await model.getWeights(),
      });
      await model.close();
    }
    expect(found[1]).toEqual(found[0]);
  });

  test('of the command line is as quick, and stays in the run’s settings', async () => {
    const out = join(folder, '..', 'out-of-sizes');
    const args = ['train', '--train', folder, '--validation', folder, '--image-size', `${SIZE}x${SIZE}`, '--out', out, '--device', 'cpu'];
    const { code, stdout, stderr } = await wgrad([...args, '--batch-size', '1000000', '--epochs', '1', '--no-augment']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('epoch 1/1');
    const last = join(out, 'last.safetensors');
    expect(readCheckpoint(last, await readFile(last)).extra.settings).toMatchObject({ batchSize: 1_000_000 });
    await rm(out, { recursive: true });
  });

  test.each([0, -1, 1.5, Number.NaN])('%d is none', batchSize => {
    const x = new Float32Array(4);
    expect(() => new ArraySource(x, [2], undefined, { batchSize })).toThrow(`batchSize is ${batchSize}, wanted a positive integer`);
  });
});

describe('sizes that nothing here holds are refused before anything is made', () => {
  const check = (imageSize: [number, number]): Promise<unknown> =>
    checkFolders({ train: folder, validation: folder, imageSize, batchSize: 10 });

  test.each([
    [
      [100_000, 5000],
      /^--image-size 100000x5000: 6 images would take 8\.38 GiB and the network's [\d,]+ weights with their moments 1\.70 TiB, .* are free/,
    ],
    [[20_000_000, 20_000_000], /would take 6\.39 PiB/],
    [[1, 1], /^--image-size 1x1: layer 'conv2d': conv2d: kernel 3 > input 1 on height/],
    [[9, 150], /^--image-size 9x150: layer 'max_pooling2d_1'/],
  ] as const)('images of %j', async ([height, width], message) => {
    await expect(check([height, width])).rejects.toThrow(message);
  });

  test('in the command line, within a second of its start', async () => {
    const args = ['train', '--train', folder, '--validation', folder, '--out', join(folder, 'out'), '--image-size', '20000x20000'];
    const { code, stderr } = await wgrad([...args, '--verify']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/wgrad: --image-size 20000x20000: .* are free: use smaller images or a smaller batch\n$/);
  });

  test('pictures of a folder, or of files', async () => {
    const read = imageDataGenerator().flowFromDirectory(folder, { targetSize: [2_000_000, 2_000_000] });
    await expect(read).rejects.toThrow('6 images of 2000000x2000000 pixels would take 65.5 TiB');
    expect(() => checkImagesFit(1, { height: 1e6, width: 1e7, channels: 3 })).toThrow(
      /^1 image of 1000000x10000000 pixels would take 27.3 TiB, /,
    );
    expect([1, 1024, 1.5 * 2 ** 30, 2 ** 90].map(formatBytes)).toEqual(['1 bytes', '1.00 KiB', '1.50 GiB', '1073741824 EiB']);
  });
});

describe('a model that the device has no room for', () => {
  const limited = useGpu({ maxBindingBytes: 8192 });
  const huge = (): Sequential =>
    sequential([dense(8, { inputShape: [4] }), dense(2 ** 21), dense(2 ** 21), dense(2, { activation: 'softmax' })], { seed: 1 });

  test('is made at once, and says at compile() what is too large, before its weights are drawn', async () => {
    const begun = performance.now();
    for (const executor of [new ReferenceExecutor(), limited()]) {
      const model = huge();
      await expect(model.compile({ loss: 'categoricalCrossentropy', executor })).rejects.toThrow(/dense_2\.kernel'? .*use smaller images/);
      expect(() => model.compiled).toThrow('call compile() first');
    }
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
  });

  test('keeps its weights where the first device is too small', async () => {
    const kept = sequential([dense(3, { inputShape: [2] }), dense(2, { activation: 'softmax' })], { seed: 1 });
    await kept.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
    const weights = await kept.getWeights();
    const none = new ReferenceExecutor();
    none.allocate = ({ name }) => {
      throw new Error(`no room for ${name}`);
    };
    await expect(kept.compile({ loss: 'categoricalCrossentropy', executor: none })).rejects.toThrow('no room for dense.kernel');
    expect(await kept.getWeights()).toEqual(weights);
  });

  test('says so as quickly for a thousand rows as for one', async () => {
    const narrow = sequential([conv2d(2, 3, { inputShape: [60, 60, 3], strides: 30 }), flatten(), dense(2, { activation: 'softmax' })]);
    await narrow.compile({ loss: 'categoricalCrossentropy', executor: limited() });
    const begun = performance.now();
    const x = new Float32Array(1000 * 60 * 60 * 3);
    await expect(narrow.predict({ x, batchSize: 1000 })).rejects.toThrow('use smaller images');
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
    await narrow.close();
  });
});
