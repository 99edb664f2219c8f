import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { philox4x32 } from '../src/engine/philox.js';
import { PythonRandom, RandomState, setRandomSeed } from '../src/engine/random.js';
import { conv2d, dense, dropout, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';

const vectors = JSON.parse(readFileSync(new URL('./fixtures/vectors.json', import.meta.url), 'utf8'));
const keras = JSON.parse(readFileSync(new URL('./fixtures/keras_random.json', import.meta.url), 'utf8'));

describe('numpy.random.RandomState', () => {
  test.each(Object.keys(vectors.numpy_legacy_rng))('seed %s', seed => {
    const wanted = vectors.numpy_legacy_rng[seed];
    const doubles = new RandomState(Number(seed));
    expect(Array.from({ length: wanted.doubles.length }, () => doubles.random())).toEqual(wanted.doubles);
    expect(new RandomState(Number(seed)).permutation(10)).toEqual(wanted.permutation10);
    expect(new RandomState(Number(seed)).permutation(23)).toEqual(wanted.permutation23);
  });

  test('goes on from a saved state', () => {
    const one = new RandomState(3);
    for (let i = 0; i < 700; i++) one.word();
    const other = new RandomState(0);
    other.state = JSON.parse(JSON.stringify(one.state));
    expect(Array.from({ length: 1000 }, () => other.word())).toEqual(Array.from({ length: 1000 }, () => one.word()));
  });

  test('refuses what is no 32-bit integer', () => {
    expect(() => new RandomState(-1)).toThrow('seed: -1 is not an integer from 0 to 2^32 - 1');
    expect(() => new RandomState(1.5)).toThrow('1.5');
  });
});

test('random.Random of CPython 3.11', () => {
  // python3 -c "import random; r = random.Random(5); print([r.random() for _ in range(3)]); l = list(range(12)); r.shuffle(l); print(l)"
  const random = new PythonRandom(5);
  expect([random.random(), random.random(), random.random()]).toEqual([0.6229016948897019, 0.7417869892607294, 0.7951935655656966]);
  const items = Array.from({ length: 12 }, (_, i) => i);
  random.shuffle(items);
  expect(items).toEqual([2, 3, 4, 5, 9, 1, 6, 7, 0, 8, 10, 11]);
});

test('Philox-4x32 gives the known answers of Random123', () => {
  const ones = 0xffffffff;
  expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

describe('what tf_keras draws after set_random_seed', () => {
  const sha256 = (values: Float32Array): string => createHash('sha256').update(Buffer.from(values.buffer)).digest('hex');

  test.each(Object.keys(keras.weights))('first weights of two models, seed %s', async seed => {
    setRandomSeed(Number(seed));
    for (const [i, size] of [20, 9].entries()) {
      const model = sequential([
        conv2d(10, [3, 5], { inputShape: [size, size, 3] }),
        flatten(),
        dropout(0.5),
        dense(7),
        dropout(0.25),
        dense(2),
      ]);
      const kernels = Object.values(await model.getWeights()).filter((_, index) => index % 2 === 0);
      const wanted: { first: number[]; sha256: string }[] = keras.weights[seed][i];
      expect(kernels.map(values => [...values.slice(0, 5)])).toEqual(wanted.map(({ first }) => first));
      expect(kernels.map(sha256)).toEqual(wanted.map(each => each.sha256));
    }
  });

  test('a seed of the model is as good as the global one', async () => {
    const make = (seed?: number) => sequential([dense(3, { inputShape: [4] })], seed === undefined ? {} : { seed });
    setRandomSeed(5);
    const [first, second] = [make(), make()];
    expect(await make(5).getWeights()).toEqual(await first.getWeights());
    expect(await second.getWeights()).not.toEqual(await first.getWeights());
  });
});
