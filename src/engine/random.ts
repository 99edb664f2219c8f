const STATE_WORDS = 624;
const SHIFT = 397;

/** Where a generator stands: its 624 words and the place in them. */
export interface GeneratorState {
  readonly key: readonly number[];
  readonly position: number;
}

/**
 * The Mersenne Twister MT19937, which both numpy's legacy generator and Python's `random` draw from.
 * Source: Matsumoto and Nishimura, "Mersenne Twister", 1998, https://doi.org/10.1145/272991.272995
 */
class MersenneTwister {
  protected readonly key = new Uint32Array(STATE_WORDS);
  protected position = STATE_WORDS;

  get state(): GeneratorState {
    return { key: [...this.key], position: this.position };
  }

  set state({ key, position }: GeneratorState) {
    this.key.set(key);
    this.position = position;
  }

  /** 32 random bits. */
  word(): number {
    if (this.position === STATE_WORDS) this.#twist();
    let y = this.key[this.position++]!;
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

  /** Fills the state from one word. */
  protected fill(seed: number): void {
    let word = seed >>> 0;
    for (let i = 0; i < STATE_WORDS; i++) {
      this.key[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
    this.position = STATE_WORDS;
  }

  #twist(): void {
    const { key } = this;
    for (let i = 0; i < STATE_WORDS; i++) {
      const y = (key[i]! & 0x80000000) | (key[(i + 1) % STATE_WORDS]! & 0x7fffffff);
      key[i] = key[(i + SHIFT) % STATE_WORDS]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}

function checkSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error(`seed: ${seed} is not an integer from 0 to 2^32 - 1`);
}

/** numpy's legacy generator, `numpy.random.RandomState`, bit for bit: the draws that Keras' image generators make. */
export class RandomState extends MersenneTwister {
  constructor(seed: number) {
    super();
    this.seed(seed);
  }

  /** Starts the stream that belongs to `seed`, an integer of 32 bits. */
  seed(seed: number): void {
    checkSeed(seed);
    this.fill(seed);
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

  /** One of the items: `numpy.random.choice`. */
  choice<T>(items: readonly T[]): T {
    return items[this.interval(items.length - 1)]!;
  }
}

/** Python's `random.Random`, bit for bit: Keras shuffles the order of batches with it. Source: CPython, Modules/_randommodule.c, Lib/random.py */
export class PythonRandom extends MersenneTwister {
  constructor(seed: number) {
    super();
    this.seed(seed);
  }

  /** Starts the stream that belongs to `seed`, an integer of 32 bits (init_by_array with that one word). */
  seed(seed: number): void {
    checkSeed(seed);
    this.fill(19650218);
    const { key } = this;
    let i = 1;
    const next = (): void => {
      i++;
      if (i < STATE_WORDS) return;
      key[0] = key[STATE_WORDS - 1]!;
      i = 1;
    };
    for (let k = 0; k < STATE_WORDS; k++) {
      key[i] = (key[i]! ^ Math.imul(key[i - 1]! ^ (key[i - 1]! >>> 30), 1664525)) + seed;
      next();
    }
    for (let k = 1; k < STATE_WORDS; k++) {
      key[i] = (key[i]! ^ Math.imul(key[i - 1]! ^ (key[i - 1]! >>> 30), 1566083941)) - i;
      next();
    }
    key[0] = 0x80000000;
  }

  /** An integer from 0 to n - 1. */
  below(n: number): number {
    const bits = 32 - Math.clz32(n);
    for (;;) {
      const value = this.word() >>> (32 - bits);
      if (value < n) return value;
    }
  }

  /** Shuffles in place. */
  shuffle<T>(items: T[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
  }
}

/** The streams that everything draws from unless it has a seed of its own, as numpy's and Python's module-level functions are in Keras. */
export const streams: {
  readonly numpy: RandomState;
  readonly python: PythonRandom;
  /** Where each kernel of a new model has its seed from: tf_keras' own stream beside the module's. Source: tf_keras/src/backend.py, _SEED_GENERATOR */
  readonly seeds: PythonRandom;
  /** Key of the dropout masks: TensorFlow's global seed. */
  seed: number;
} = (() => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  return { numpy: new RandomState(seed), python: new PythonRandom(seed), seeds: new PythonRandom(seed), seed };
})();

/** Seeds all streams, as `keras.utils.set_random_seed` does; models made from here on draw their weights and dropout from this seed too. */
export function setRandomSeed(seed: number): void {
  streams.numpy.seed(seed);
  streams.python.seed(seed);
  streams.seeds.seed(seed);
  streams.seed = seed;
}
