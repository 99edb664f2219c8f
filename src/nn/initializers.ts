import type { RandomState } from '../engine/random.js';
import { type Shape, sizeOf } from '../engine/shape.js';
import type { ParameterSpec } from './layers.js';

/**
 * Glorot's uniform rule: U(-limit, limit) with limit = sqrt(6 / (fan-in + fan-out)); the fans of a conv kernel [height, width, channels, filters]
 * are channels and filters times height * width. Drawn from numpy's stream, row-major.
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010,
 * https://proceedings.mlr.press/v9/glorot10a.html
 */
export function glorotUniform(random: RandomState, shape: Shape): Float32Array {
  const field = sizeOf(shape.slice(0, -2));
  const [fanIn, fanOut] = shape.slice(-2).map(length => length * field) as [number, number];
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return new Float32Array(sizeOf(shape)).map(() => random.uniform(-limit, limit));
}

/** What a parameter begins with: kernels by Glorot's rule, biases at zero. */
export function initialValue({ name, shape }: ParameterSpec, random: RandomState): Float32Array {
  return name === 'bias' ? new Float32Array(sizeOf(shape)) : glorotUniform(random, shape);
}
