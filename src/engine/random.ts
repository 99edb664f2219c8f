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

const STATE_WORDS = 624;
const SHIFT = 397;

/**
 * numpy's legacy generator, `numpy.random.RandomState`, bit for bit: the Mersenne Twister MT19937 and the draws that Keras' image generators make.
 * Source: Matsumoto and Nishimura, "Mersenne Twister", 1998, https://doi.org/10.1145/272991.272995; numpy/random/src/legacy
 */
export class RandomState {
  readonly #key = new Uint32Array(STATE_WORDS);
  #position = STATE_WORDS;

  constructor(seed: number) {
    this.seed(seed);
  }

  /** Starts the stream that belongs to `seed`, an integer of 32 bits. */
  seed(seed: number): void {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error(`seed: ${seed} is no integer from 0 to 2^32 - 1`);
    let state = seed >>> 0;
    for (let i = 0; i < STATE_WORDS; i++) {
      this.#key[i] = state;
      state = (Math.imul(1812433253, state ^ (state >>> 30)) + i + 1) >>> 0;
    }
    this.#position = STATE_WORDS;
  }

  /** The 624 words of state and the place in them, to go on from later. */
  get state(): { readonly key: number[]; readonly position: number } {
    return { key: [...this.#key], position: this.#position };
  }

  set state({ key, position }: { readonly key: readonly number[]; readonly position: number }) {
    this.#key.set(key);
    this.#position = position;
  }

  /** 32 random bits. */
  word(): number {
    if (this.#position === STATE_WORDS) this.#twist();
    let y = this.#key[this.#position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** A double in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A double between low and high. */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  /** An integer from 0 to max, by masked rejection. */
  interval(max: number): number {
    if (max === 0) return 0;
    const mask = 2 ** (32 - Math.clz32(max)) - 1;
    for (;;) {
      const value = (this.word() & mask) >>> 0;
      if (value <= max) return value;
    }
  }

  /** 0 to n - 1 in random order. */
  permutation(n: number): number[] {
    const items = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.interval(i);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }

  #twist(): void {
    const key = this.#key;
    for (let i = 0; i < STATE_WORDS; i++) {
      const y = (key[i]! & 0x80000000) | (key[(i + 1) % STATE_WORDS]! & 0x7fffffff);
      key[i] = key[(i + SHIFT) % STATE_WORDS]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }
}
