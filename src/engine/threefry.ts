const rotateLeft = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * Threefry-2x32 with 20 rounds: two random 32-bit words from a counter and a key, each two words. Counter-based: every draw stands alone.
 * Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011, https://doi.org/10.1145/2063384.2063405
 */
export function threefry2x32(counter: readonly [number, number], key: readonly [number, number]): [number, number] {
  const keys = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]];
  let x = (counter[0] + key[0]) | 0;
  let y = (counter[1] + key[1]) | 0;
  for (let group = 1; group <= 5; group++) {
    for (const bits of ROTATIONS[(group - 1) % 2]!) {
      x = (x + y) | 0;
      y = rotateLeft(y, bits) ^ x;
    }
    x = (x + keys[group % 3]!) | 0;
    y = (y + keys[(group + 1) % 3]! + group) | 0;
  }
  return [x >>> 0, y >>> 0];
}
