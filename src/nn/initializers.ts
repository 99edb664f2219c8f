import { philox4x32, uniformOf, type Words4 } from '../engine/philox.js';
import type { PythonRandom } from '../engine/random.js';
import { type Shape, sizeOf } from '../engine/shape.js';

/** Key that TensorFlow scrambles a seed with. Source: tensorflow/core/kernels/stateless_random_ops.cc */
const SCRAMBLING = [0x3ec8f720, 0x02461e29] as const;

/** Seeds are drawn as Keras draws them: integers from 1 to this. Source: tf_keras/src/backend.py, RandomGenerator */
const LARGEST_SEED = 1e9;

/** Glorot's limit for a kernel: see glorotUniform(). */
export function glorotLimit(shape: Shape): number {
  const field = sizeOf(shape.slice(0, -2));
  const [fanIn, fanOut] = shape.slice(-2).map(length => length * field) as [number, number];
  return Math.sqrt(6 / (fanIn + fanOut));
}

/**
 * Glorot's uniform rule: U(-limit, limit) with limit = sqrt(6 / (fan-in + fan-out)); the fans of a conv kernel [height, width, channels, filters]
 * are channels and filters times height * width. Row-major, and bit for bit what TensorFlow's stateless_uniform draws for `seed`.
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010,
 * https://proceedings.mlr.press/v9/glorot10a.html
 */
export function glorotUniform(seed: number, shape: Shape): Float32Array {
  const limit = Math.fround(glorotLimit(shape));
  const [key0, key1, counter2, counter3] = philox4x32([seed, 0, 0, 0], SCRAMBLING);
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i += 4) {
    const counter: Words4 = [i / 4, 0, counter2, counter3];
    const words = philox4x32(counter, [key0, key1]);
    for (let j = 0; j < Math.min(4, values.length - i); j++) values[i + j] = Math.fround(uniformOf(words[j]!) * 2 * limit) - limit;
  }
  return values;
}

/** Says what a weight begins with: drawn when that is asked for, by a seed that is taken at once, the next of `seeds`. */
export type Initializer = (shape: Shape, seeds: PythonRandom) => () => Float32Array;

/** Glorot's rule, each weight by a seed of its own. */
export const glorot: Initializer = (shape, seeds) => {
  const seed = 1 + seeds.below(LARGEST_SEED);
  return () => glorotUniform(seed, shape);
};

export const zeros: Initializer = shape => () => new Float32Array(sizeOf(shape));
