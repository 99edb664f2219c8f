import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PythonRandom, RandomState } from '../src/engine/random.js';
import { threefry2x32 } from '../src/engine/threefry.js';

const vectors = JSON.parse(readFileSync(new URL('./fixtures/vectors.json', import.meta.url), 'utf8'));

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
    expect(() => new RandomState(-1)).toThrow('seed: -1 is no integer from 0 to 2^32 - 1');
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

test('Threefry-2x32 gives the known answers of Random123', () => {
  expect(threefry2x32([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
  expect(threefry2x32([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0x1cb996fc, 0xbb002be7]);
  expect(threefry2x32([0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344])).toEqual([0xc4923a9c, 0x483df7a0]);
});
