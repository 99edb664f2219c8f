import { philox4x32, uniformOf } from './philox.js';

/**
 * TensorFlow's stateless draws on a CPU, `tf.random.stateless_*(shape, seed=[seed, 0])`: row-major float32 numbers that the seed alone decides.
 * Uniform ones are TensorFlow's bit for bit. Normal ones go through its C library's float32 log, sin and cos, which differ by release: here they are
 * rounded from float64, which gives 98.5 % of glibc's numbers bit for bit and the others to 3 units in the last place (test/initializers.test.ts).
 */

/** Key that TensorFlow scrambles a seed with. Source: tensorflow/core/kernels/stateless_random_ops.cc */
const SCRAMBLING = [0x3ec8f720, 0x02461e29] as const;

/** A number's own stretch of words, for distributions that throw some away. Source: tensorflow/core/kernels/random_op_cpu.h, kReservedSamplesPerOutput */
const RESERVED = 256;

const { fround } = Math;

/** Four words at a place of a seed's stream. */
function streamOf(seed: number): (block: number) => [number, number, number, number] {
  // Seeds have 64 bits, in two's complement.
  const [key0, key1, counter2, counter3] = philox4x32([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0, 0], SCRAMBLING);
  return block => philox4x32([block >>> 0, Math.floor(block / 2 ** 32), counter2, counter3], [key0, key1]);
}

/** Numbers in [low, high), in float32 arithmetic. */
export function statelessUniform(size: number, seed: number, low: number, high: number): Float32Array {
  const words = streamOf(seed);
  const [begin, range] = [fround(low), fround(fround(high) - fround(low))];
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 4) {
    const block = words(i / 4);
    for (let j = 0; j < Math.min(4, size - i); j++) values[i + j] = fround(uniformOf(block[j]!) * range) + begin;
  }
  return values;
}

/** Two normal numbers of two words. Source: Box and Muller, 1958; tensorflow/core/lib/random/random_distributions_utils.h */
function boxMuller(word0: number, word1: number): [number, number] {
  const angle = fround(2 * Math.PI * uniformOf(word1));
  const radius = fround(Math.sqrt(-2 * fround(Math.log(Math.max(uniformOf(word0), fround(1e-7))))));
  return [fround(fround(Math.sin(angle)) * radius), fround(fround(Math.cos(angle)) * radius)];
}

/** mean + deviation * value, in float32 arithmetic. */
const scaled = (values: Float32Array, mean: number, deviation: number): Float32Array =>
  values.map(value => fround(value * fround(deviation)) + fround(mean));

/** Normal numbers. */
export function statelessNormal(size: number, seed: number, mean: number, deviation: number): Float32Array {
  const words = streamOf(seed);
  const values = new Float32Array(Math.ceil(size / 4) * 4);
  for (let i = 0; i < size; i += 4) {
    const [a, b, c, d] = words(i / 4);
    values.set([...boxMuller(a, b), ...boxMuller(c, d)], i);
  }
  return scaled(values.subarray(0, size), mean, deviation);
}

/** Normal numbers, drawn anew where they are two deviations or more from the mean. */
export function statelessTruncatedNormal(size: number, seed: number, mean: number, deviation: number): Float32Array {
  const words = streamOf(seed);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 4) {
    const kept: number[] = [];
    for (let block = (i / 4) * RESERVED; kept.length < 4; block++) {
      const [a, b, c, d] = words(block);
      kept.push(...[...boxMuller(a, b), ...boxMuller(c, d)].filter(value => Math.abs(value) < 2));
    }
    values.set(kept.slice(0, Math.min(4, size - i)), i);
  }
  return scaled(values, mean, deviation);
}
