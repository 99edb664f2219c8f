import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Canvas, Pen } from '../src/data/faces/paint.js';
import { box, ellipse } from '../src/data/faces/path.js';
import { headFrame } from '../src/data/faces/person.js';
import { paintScene, pickScene, type Scene, syntheticFace } from '../src/data/synthetic.js';
import { RandomState } from '../src/engine/random.js';

const sceneOf = (seed: number): Scene => pickScene(new RandomState(seed));

/** Pixels [size, size] at which two pictures differ: 1 there, 0 elsewhere. */
function differences(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: a.length / 3 }, (_, pixel) => Number([0, 1, 2].some(c => a[pixel * 3 + c] !== b[pixel * 3 + c])));
}

const share = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

// Whatever changes a picture changes these; look at the pictures before writing down new ones.
test.each([
  [1, false, 150, '32c4ddcbc4aac6e41e96f512944413d924f4ad412dd924a0377377b91e05427b'],
  [1, true, 150, '59db62eab5a53013d8f1f0410bbbcf8ce60eec76f34f16b5bc15ec4995c84a96'],
  [2, true, 150, 'e1316c5d48918d7b808b0f621c09581ee7d91860c22ebff37c003365c5476c58'],
  [3, false, 64, '5e8663886868e5445a5e5d8cb53e661c5f8ca14e733034619e9ecb21add8650a'],
])('seed %i, masked %s, size %i: the same bytes everywhere', (seed, masked, size, hash) => {
  const { width, height, data } = syntheticFace(new RandomState(seed), masked, size);
  expect([width, height]).toEqual([size, size]);
  expect(createHash('sha256').update(data).digest('hex')).toBe(hash);
});

test('both classes and all sizes draw the same from the stream', () => {
  const states = [
    [false, 150],
    [true, 150],
    [true, 20],
  ].map(([masked, size]) => {
    const random = new RandomState(7);
    syntheticFace(random, masked as boolean, size as number);
    return random.state;
  });
  expect(states[1]).toEqual(states[0]);
  expect(states[2]).toEqual(states[0]);
});

describe('the classes', () => {
  const SIZE = 60;
  const pairs = Array.from({ length: 60 }, (_, seed) => {
    const scene = sceneOf(seed);
    const [bare, masked] = [paintScene(scene, false, SIZE).data, paintScene(scene, true, SIZE).data];
    return { scene, bare, masked, changed: differences(bare, masked) };
  });

  test('differ only from the eyes to under the chin, ear to ear', () => {
    for (const { scene, changed } of pairs) {
      const lower = new Pen(new Canvas(SIZE), headFrame(scene.pose)).cover(box(0, 0.535, 0.97, 0.745));
      expect(changed.some((differs, pixel) => differs && lower[pixel] === 0)).toBe(false);
    }
  });

  test('differ by a mask that is seen', () => {
    for (const { changed } of pairs) {
      expect(share(changed)).toBeGreaterThan(0.03);
      expect(share(changed)).toBeLessThan(0.25);
    }
  });

  test('are about as bright', () => {
    const bright = (name: 'bare' | 'masked'): number => mean(pairs.map(pair => mean(pair[name])));
    expect(Math.abs(bright('masked') - bright('bare'))).toBeLessThan(6);
  });
});

test('no two pictures are alike', () => {
  const random = new RandomState(11);
  const pictures = Array.from({ length: 40 }, (_, i) => syntheticFace(random, i % 2 === 0, 24).data);
  for (const [i, a] of pictures.entries()) {
    expect(Math.max(...a) - Math.min(...a)).toBeGreaterThan(80);
    for (const b of pictures.slice(0, i)) expect(mean(a.map((value, at) => Math.abs(value - b[at]!)))).toBeGreaterThan(8);
  }
});

test('people vary', () => {
  const scenes = Array.from({ length: 400 }, (_, seed) => sceneOf(seed));
  const kinds = (of: (scene: Scene) => unknown): number => new Set(scenes.map(of)).size;
  expect(kinds(scene => scene.hair.style)).toBe(16);
  expect(kinds(scene => scene.hair.beard)).toBe(7);
  expect(kinds(scene => scene.headwear?.kind)).toBe(8);
  expect(kinds(scene => scene.dress.collar)).toBe(8);
  expect(kinds(scene => scene.mask.kind)).toBe(4);
  const held = scenes.filter(scene => scene.hand).length;
  expect(held).toBeGreaterThan(4);
  expect(held).toBeLessThan(30);
});

test.each([1, 2, 20, 233])('size %i', size => {
  for (const masked of [false, true]) expect(syntheticFace(new RandomState(5), masked, size).data.length).toBe(size * size * 3);
});

test('a picture is the same scene at any size', () => {
  const small = paintScene(sceneOf(12), true, 30).data;
  const large = paintScene(sceneOf(12), true, 90).data;
  const errors = small.map((value, i) => {
    const [pixel, c] = [Math.floor(i / 3), i % 3];
    const [x, y] = [(pixel % 30) * 3, Math.floor(pixel / 30) * 3];
    const block = Array.from({ length: 9 }, (_, k) => large[((y + Math.floor(k / 3)) * 90 + x + (k % 3)) * 3 + c]!);
    return Math.abs(value - mean(block));
  });
  expect(mean(errors)).toBeLessThan(8);
});

describe('a canvas', () => {
  const pen = (size: number): [Canvas, Pen] => {
    const canvas = new Canvas(size);
    return [canvas, new Pen(canvas, { x: 0, y: 0, scale: 1, roll: 0 })];
  };

  test('covers pixels by the area that is inside', () => {
    const [, quarter] = pen(4);
    // 1.5 columns and 2.25 rows of four pixels each way.
    expect(Array.from(quarter.cover([0, 0, 0.375, 0, 0.375, 0.5625, 0, 0.5625]))).toEqual(
      [1, 1, 0.25, 0].flatMap(row => [1, 0.5, 0, 0].map(column => row * column)),
    );
    const [, disc] = pen(50);
    expect(mean(disc.cover(ellipse(0.5, 0.5, 0.4)))).toBeCloseTo(Math.PI * 0.16, 2);
  });

  test('counts what lies twice once, and what lies outside not at all', () => {
    const [canvas, paint] = pen(8);
    paint.fill([1, 0, 0], [box(0, 0.5, 0.5, 0.25), box(0.25, 0.5, 0.25, 0.25), box(3, 3, 1, 1)]);
    const red = canvas.pixels.filter((_, i) => i % 3 === 0);
    expect(Array.from(red)).toEqual(Array.from({ length: 64 }, (_, i) => Number(i % 8 < 4 && i >= 16 && i < 48)));
  });
});
