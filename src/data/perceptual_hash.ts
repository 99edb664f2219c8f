import { GRID } from './signature.js';

/** Waves across and down whose signs make the hash: all but the mean. */
const WAVES = 8;

const HALF = GRID / 2;

/** Waves by places along half a side, one wave after another: the other half has the same, of odd waves with the other sign. */
const COSINES = Float64Array.from({ length: WAVES * HALF }, (_, i) =>
  Math.cos((Math.PI * Math.floor(i / HALF) * (2 * (i % HALF) + 1)) / (2 * GRID)),
);

/** Two words of 32 bits: the signs of a picture's lowest waves. A mirror turns the signs of those that are odd across. */
export type Hash = readonly [number, number];

/**
 * A perceptual hash: pictures that look alike have most bits in common. `grid`: GRID x GRID of brightness.
 * Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010, section 3.2.1, by signs in place of the median
 */
export function hashOf(grid: Uint8Array): Hash {
  for (let y = 0; y < GRID; y++) wavesOf(grid, y * GRID, ACROSS, y, GRID);
  const words: [number, number] = [0, 0];
  for (let across = 0; across < WAVES; across++) {
    wavesOf(ACROSS, across * GRID, DOWN, 0, 1);
    for (let down = 0; down < WAVES; down++) {
      const bit = WAVES * down + across;
      if (bit > 0 && DOWN[down]! > 0) words[bit >> 5]! |= 1 << (bit % 32);
    }
  }
  return words;
}

/** Kept between calls: one wave's share of each row after another's, and of one column each wave's. */
const ACROSS = new Float64Array(WAVES * GRID);
const DOWN = new Float64Array(WAVES);
const SUMS = new Float64Array(HALF);
const DIFFERENCES = new Float64Array(HALF);

/** How much of each wave is in GRID values, written from `to` on, `step` apart. */
function wavesOf(values: Uint8Array | Float64Array, from: number, waves: Float64Array, to: number, step: number): void {
  for (let i = 0; i < HALF; i++) {
    const [value, opposite] = [values[from + i]!, values[from + GRID - 1 - i]!];
    SUMS[i] = value + opposite;
    DIFFERENCES[i] = value - opposite;
  }
  for (let wave = 0; wave < WAVES; wave++) {
    const folded = wave % 2 === 0 ? SUMS : DIFFERENCES;
    let sum = 0;
    for (let i = 0; i < HALF; i++) sum += COSINES[wave * HALF + i]! * folded[i]!;
    waves[to + wave * step] = sum;
  }
}

/** The bits of waves that are odd across. */
const ODD = 0xaaaaaaaa | 0;

export const mirroredHash = ([low, high]: Hash): Hash => [low ^ ODD, high ^ ODD];

/** How many bits of a word are 1. Source: Warren, Hacker's Delight, figure 5-2 */
export function countOnes(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
