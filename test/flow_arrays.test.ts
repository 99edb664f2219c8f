import { describe, expect, test } from 'vitest';
import type { ImageArray } from '../src/data/arrays.js';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ArrayFlowOptions, ImageDataGeneratorOptions } from '../src/data/generator.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { setRandomSeed } from '../src/engine/random.js';
import { dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { adam } from '../src/nn/optimizers.js';
import { useGpu } from './helpers/gpu.js';
import { fixtureJson } from './helpers/shared.js';
import { camelCase } from './helpers/words.js';

interface Recorded {
  readonly name: string;
  readonly channels: number;
  /** Factor and shift that make float32 numbers of bytes. */
  readonly numbers: readonly [number, number] | null;
  readonly generator: Readonly<Record<string, unknown>>;
  readonly y: readonly number[] | readonly (readonly number[])[] | null;
  readonly flow: Readonly<Record<string, unknown>>;
  readonly warned: readonly string[];
  readonly batches: readonly { readonly x: number[]; readonly labels: number[] | number[][] | null; readonly weights: number[] | null }[];
}

const [COUNT, HEIGHT, WIDTH] = [7, 6, 5] as const;

/** What flow_arrays.py draws. */
function pictures(channels: number, numbers: Recorded['numbers']): ImageArray {
  const bytes = Uint8Array.from({ length: COUNT * HEIGHT * WIDTH * channels }, (_, at) => {
    const [k, c] = [at % channels, Math.floor(at / channels) % WIDTH];
    const [r, i] = [Math.floor(at / channels / WIDTH) % HEIGHT, Math.floor(at / channels / WIDTH / HEIGHT)];
    return ((i * 37 + r * 11 + c * 7 + k * 53) * 29) % 256;
  });
  return numbers ? Float32Array.from(bytes, byte => byte * numbers[0] + numbers[1]) : bytes;
}

describe("an array's images are those of Keras' flow(x, y)", () => {
  const gpu = useGpu();
  test.each(fixtureJson<Recorded[]>('flow_arrays.json'))('$name', async ({ channels, numbers, generator, y, flow, ...wanted }) => {
    const notes: string[] = [];
    const data = imageDataGenerator(camelCase<ImageDataGeneratorOptions>(generator)).flowArrays(pictures(channels, numbers), y?.flat(), {
      ...camelCase<Omit<ArrayFlowOptions, 'shape'>>(flow),
      shape: [HEIGHT, WIDTH, channels],
      batchSize: 3,
      onNote: note => notes.push(note.replace('flowArrays', 'NumpyArrayIterator')),
    });
    expect(notes).toEqual(wanted.warned);
    const graph = new Graph();
    const input = data.trace(graph);
    const executable = await gpu().prepare(makePlan(graph, { outputs: [input.x] }));
    // As near as the augmentation of folders is held: 0.05 of 256 levels, scaled as the numbers are.
    const near = (0.05 / 255) * (numbers ? 255 * numbers[0] : 255) * Number(generator.rescale ?? 1);
    for (const [i, batch] of wanted.batches.entries()) {
      if (i > 0 && i % data.length === 0) data.onEpochEnd();
      const own = data.batch(i % data.length);
      input.write(executable, own);
      executable.run({});
      const x = (await executable.read(input.x)) as Float32Array;
      expect(own.rows).toBe(batch.x.length / (HEIGHT * WIDTH * channels));
      expect(batch.x.flatMap((value, at) => (Math.abs(value - x[at]!) <= near ? [] : [[at, value, x[at]]]))).toEqual([]);
      const labels = batch.labels?.flat();
      expect(own.labels && [...own.labels.subarray(0, labels?.length)]).toEqual(labels);
      expect(own.weights && [...own.weights.subarray(0, own.rows)]).toEqual(batch.weights ?? undefined);
    }
  });
});

const shape = [2, 2, 1] as const;
const bytes = (count: number): Uint8Array => new Uint8Array(count * 4);

test('arrays of other lengths, a part without a share, and what is no number are refused', () => {
  const generator = imageDataGenerator();
  expect(() => generator.flowArrays(new Uint8Array(7), undefined, { shape })).toThrow('x has 7 numbers, wanted some images of');
  expect(() => generator.flowArrays(bytes(3), [1, 2], { shape })).toThrow('y has 2 numbers, wanted as many for each of 3 images');
  expect(() => generator.flowArrays(bytes(3), [1, 2, 3], { shape, sampleWeight: [1] })).toThrow('sampleWeight has 1 numbers');
  expect(() => generator.flowArrays(bytes(3), [1, 2, 3], { shape, subset: 'training' })).toThrow("needs the generator's validationSplit");
  expect(() => generator.flowArrays(bytes(1), [1], { shape, subset: 'test' as 'training' })).toThrow("subset 'test' is not known");
  expect(() => generator.flowArrays(bytes(2), [1, Number.NaN], { shape })).toThrow('y[1] is NaN, wanted a number');
  const doubles = Float64Array.of(0.5, 0.25, 0, 1) as unknown as Uint8Array;
  expect(() => generator.flowArrays(doubles, [1], { shape })).toThrow('x is not a Uint8Array or Float32Array; wanted bytes');
  const few = imageDataGenerator({ validationSplit: 0.1 });
  expect(() => few.flowArrays(bytes(3), undefined, { shape, subset: 'validation' })).toThrow('leaves no validation images of the 3 in x');
});

test("arrays sorted by label are not split, as Keras' flow refuses them", () => {
  const generator = imageDataGenerator({ validationSplit: 0.5 });
  const split = (y: readonly number[], more: Partial<ArrayFlowOptions> = {}) =>
    generator.flowArrays(bytes(4), y, { shape, subset: 'training', ...more });
  expect(() => split([0, 0, 1, 1])).toThrow('different number of classes after the split');
  expect(split([0, 0, 1, 1], { ignoreClassSplit: true }).samples).toBe(2);
  expect(split([0, 1, 1, 0]).samples).toBe(2);
});

describe('arrays are trained on', () => {
  const gpu = useGpu();
  test('float32 as the bytes of the same numbers: losses, weights, predictions', async () => {
    const x = pictures(3, null) as Uint8Array;
    const y = Array.from({ length: 2 * COUNT }, (_, i) => Math.sin(i));
    const learned = async (array: ImageArray) => {
      const model = sequential([flatten({ inputShape: [HEIGHT, WIDTH, 3] }), dense(2)], { seed: 1 });
      await model.compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'meanSquaredError', executor: gpu() });
      const generator = imageDataGenerator({ rotationRange: 20, horizontalFlip: true, rescale: 1 / 255 });
      const options = { shape: [HEIGHT, WIDTH, 3], batchSize: 3, seed: 2, sampleWeight: y.slice(0, COUNT).map(Math.abs) } as const;
      setRandomSeed(1);
      const { history } = await model.fit(generator.flowArrays(array, y, options), { epochs: 3 });
      const predicted = await model.predict(generator.flowArrays(array, undefined, { ...options, shuffle: false }));
      const weights = await model.getWeights();
      await model.close();
      return { loss: history.loss!, predicted, weights };
    };
    const bytesLearned = await learned(x);
    expect(bytesLearned.loss.every(Number.isFinite)).toBe(true);
    expect(await learned(Float32Array.from(x))).toEqual(bytesLearned);
  });
});
