export type Words4 = readonly [number, number, number, number];

/** High word of the 64-bit product of two words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const bLow = b & 0xffff;
  const middle = (a >>> 16) * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * (b >>> 16) + (middle & 0xffff);
  return (a >>> 16) * (b >>> 16) + (middle >>> 16) + (other >>> 16);
}

/**
 * Philox-4x32 with 10 rounds: four random 32-bit words from a counter of four words and a key of two, lowest word first. Counter-based: every draw
 * stands alone. TensorFlow draws from it.
 * Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011, https://doi.org/10.1145/2063384.2063405
 */
export function philox4x32(counter: Words4, key: readonly [number, number]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high2 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low2 = Math.imul(0xcd9e8d57, c2);
    c0 = high2 ^ c1 ^ k0;
    c1 = low2;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The float32 in [0, 1) that TensorFlow makes of a random word: its low 23 bits. Source: tensorflow/core/lib/random/random_distributions_utils.h */
export function uniformOf(word: number): number {
  return (word & 0x7fffff) * 2 ** -23;
}
