import { GRID } from './signature.js';

/** Waves across and down whose signs make the hash: all but the mean. */
const WAVES = 8;

/** Wave by place along a side. */
const COSINES = Array.from({ length: WAVES }, (_, wave) =>
  Float64Array.from({ length: GRID }, (_, place) => Math.cos((Math.PI * wave * (2 * place + 1)) / (2 * GRID))),
);

/** Two words of 32 bits: the signs of a picture's lowest waves. A mirror turns the signs of those that are odd across. */
export type Hash = readonly [number, number];

/**
 * A perceptual hash: pictures that look alike have most bits in common. `grid`: GRID x GRID of brightness.
 * Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010, section 3.2.1, by signs in place of the median
 */
export function hashOf(grid: Uint8Array): Hash {
  const across = new Float64Array(WAVES * GRID);
  for (let wave = 0; wave < WAVES; wave++) {
    const cosine = COSINES[wave]!;
    for (let y = 0; y < GRID; y++) {
      let sum = 0;
      for (let x = 0; x < GRID; x++) sum += cosine[x]! * grid[y * GRID + x]!;
      across[wave * GRID + y] = sum;
    }
  }
  const words: [number, number] = [0, 0];
  for (let bit = 1; bit < WAVES ** 2; bit++) {
    const cosine = COSINES[bit >> 3]!;
    let sum = 0;
    for (let y = 0; y < GRID; y++) sum += cosine[y]! * across[(bit % WAVES) * GRID + y]!;
    if (sum > 0) words[bit >> 5]! |= 1 << (bit % 32);
  }
  return words;
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
