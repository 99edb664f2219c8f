import { type Shape, sizeOf } from '../engine/shape.js';
import { PICTURE } from '../ops/augment.js';

/**
 * What a tensor is filled with: distinct numbers around 0; numbers with many equal ones; pictures with a black and an even part; zeros; one-hot rows;
 * 0 or 1; rows that sum to 1; numbers over 0; bytes; rows of affine maps; whole numbers of 0 … 255; and beyond; numbers of -12 … 12, none near a half or
 * whole one, where functions have their kinks.
 */
export type Fill =
  | 'distinct'
  | 'ties'
  | 'even'
  | 'zeros'
  | 'onehot'
  | 'binary'
  | 'probs'
  | 'positive'
  | 'bytes'
  | 'affine'
  | 'whole'
  | 'wide'
  | 'spread';

/** A small generator for test data (mulberry32): what it draws need not match anything. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Seeded data for a tensor. 'distinct' keeps all numbers apart from each other and from 0, so that no maximum is near a tie and no relu near its kink. */
export function fill(kind: Fill, shape: Shape, seed: number): Float32Array | Uint8Array {
  const size = sizeOf(shape);
  const units = shape.at(-1) ?? 1;
  const random = generator(seed);
  const data = new Float32Array(size);
  if (kind === 'distinct' || kind === 'positive') {
    const lattice = Float64Array.from({ length: size }, (_, i) => (i + 0.5) / size);
    for (let i = size - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [lattice[i], lattice[j]] = [lattice[j]!, lattice[i]!];
    }
    return data.map((_, i) => (kind === 'positive' ? lattice[i]! : 2 * lattice[i]! - 1));
  }
  if (kind === 'spread') return data.map(() => Math.floor(48 * random()) / 2 - 12 + 0.05 + 0.4 * random());
  if (kind === 'bytes') return Uint8Array.from(data, () => Math.floor(random() * 256));
  if (kind === 'whole') return data.map(() => Math.floor(random() * 256));
  if (kind === 'wide') {
    // Stretched from -50 … 350 to 0 … 255, all but the ends lie half-way between bytes, where no rounding can make a step.
    const image = sizeOf(shape.slice(1));
    return data.map((_, i) => (i % image === 0 ? -50 : i % image === 1 ? 350 : ((Math.floor(random() * 255) + 0.5) / 255) * 400 - 50));
  }
  if (kind === 'zeros') return data;
  if (kind === 'even') {
    const [, height, width, channels] = shape as [number, number, number, number];
    return data.map((_, i) => {
      const [row, column] = [Math.floor(i / (width * channels)) % height, Math.floor(i / channels) % width];
      if (column < width / 3) return 0;
      return row < height / 2 ? 1 / (1 + (i % channels)) : random();
    });
  }
  if (kind === 'ties') return data.map(() => Math.floor(random() * 3) - 1);
  if (kind === 'binary') return data.map(() => Math.round(random()));
  for (let row = 0; row < size; row += units) {
    if (kind === 'affine') {
      // Far enough out of the image that every side is sampled, by numbers whose seams no rounding can miss.
      const around = (center: number, by: number): number => center + by * (random() - 0.5);
      data.set(
        [around(1, 1), around(0, 1), around(0, 1), around(1, 1), around(0, 9), around(0, 9), Math.round(random()), Math.round(random())],
        row,
      );
      // The pictures in another order than the images, and one more: the last first.
      data[row + PICTURE] = (size - row) / units;
      continue;
    }
    if (kind === 'onehot') {
      data[row + Math.floor(random() * units)] = 1;
      continue;
    }
    const parts = Array.from({ length: units }, () => 0.05 + random());
    const sum = parts.reduce((a, b) => a + b);
    data.set(
      parts.map(part => part / sum),
      row,
    );
  }
  return data;
}
