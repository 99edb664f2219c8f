import { expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import { fixtureJson } from './helpers/shared.js';

interface Recorded {
  readonly name: string;
  readonly rows: readonly { readonly x: number; readonly y: number }[];
  readonly batches: readonly { readonly labels: readonly (readonly number[])[] }[];
}

const shape = [2, 2, 1] as const;
/** Picture i has the bytes i. */
const pictures = (count: number): Uint8Array => Uint8Array.from({ length: count * 4 }, (_, i) => Math.floor(i / 4));

test("an array's pictures come in the order that Keras' iterators draw, each with its labels and weight", () => {
  const { rows, batches } = fixtureJson<Recorded[]>('dataframe.json').find(({ name }) => name === 'numbers of several columns')!;
  const y = rows.flatMap(row => [row.y, row.x]);
  const sampleWeight = rows.map(row => row.x / 2);
  const data = imageDataGenerator().flowArrays(pictures(rows.length), y, { shape, sampleWeight, batchSize: 5, seed: 4 });
  for (const [i, { labels }] of batches.slice(0, data.length).entries()) {
    const batch = data.batch(i);
    expect([...batch.labels!.subarray(0, 2 * batch.rows)]).toEqual(labels.flat());
    expect(labels.map((_, row) => batch.images[4 * row])).toEqual(labels.map(label => label[1]));
    expect([...batch.weights!.subarray(0, batch.rows)]).toEqual(labels.map(label => label[1]! / 2));
  }
});

test('the first share of an array is judged by', () => {
  const generator = imageDataGenerator({ validationSplit: 0.3 });
  const bytes = (subset: 'training' | 'validation') => {
    const data = generator.flowArrays(pictures(7), undefined, { shape, subset, shuffle: false });
    const { images, labels } = data.batch(0);
    expect(labels).toBeUndefined();
    return [...images].filter((_, i) => i % 4 === 0);
  };
  expect([bytes('validation'), bytes('training')]).toEqual([
    [0, 1],
    [2, 3, 4, 5, 6],
  ]);
});

test('arrays of other lengths, and a part without a share, are refused', () => {
  const generator = imageDataGenerator();
  expect(() => generator.flowArrays(new Uint8Array(7), undefined, { shape })).toThrow('x has 7 bytes, wanted some images of');
  expect(() => generator.flowArrays(pictures(3), [1, 2], { shape })).toThrow('y has 2 numbers, wanted as many for each of 3 images');
  expect(() => generator.flowArrays(pictures(3), [1, 2, 3], { shape, sampleWeight: [1] })).toThrow('sampleWeight has 1 numbers');
  expect(() => generator.flowArrays(pictures(3), [1, 2, 3], { shape, subset: 'training' })).toThrow(
    "needs the generator's validationSplit",
  );
  const floats = Float32Array.of(0.5, 0.25, 0, 1) as unknown as Uint8Array;
  expect(() => generator.flowArrays(floats, [1], { shape })).toThrow('x is no Uint8Array; wanted bytes');
  expect(() => generator.flowArrays(pictures(1), [1], { shape, subset: 'test' as 'training' })).toThrow("subset 'test' is not known");
});

test("arrays sorted by label are not split, as Keras' flow refuses them", () => {
  const generator = imageDataGenerator({ validationSplit: 0.5 });
  const split = (y: readonly number[]) => generator.flowArrays(pictures(4), y, { shape, subset: 'training' });
  expect(() => split([0, 0, 1, 1])).toThrow('different number of classes after the split');
  expect(split([0, 1, 1, 0]).samples).toBe(2);
});
