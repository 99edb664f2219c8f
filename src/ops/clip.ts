import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Limited = { readonly size: number; readonly limit: number };

export const clipValueOp = defineOp<Limited>()({
  name: 'clip_value',
  inputs: ['gradient'],
  outputs: ['clipped'],
  shapes: (_, { gradient }) => ({ clipped: { shape: gradient.shape } }),
  cost: ({ size }) => ({ flops: 2 * size, bytes: 8 * size }),
});

export const squaredNormOp = defineOp<{ readonly size: number }>()({
  name: 'squared_norm',
  inputs: ['gradient'],
  outputs: ['squaredNorm'],
  shapes: () => ({ squaredNorm: { shape: [1] } }),
  cost: ({ size }) => ({ flops: 2 * size, bytes: 4 * size }),
});

export const clipNormOp = defineOp<Limited>()({
  name: 'clip_norm',
  inputs: ['gradient', 'squaredNorm'],
  outputs: ['clipped'],
  shapes: (_, { gradient }) => ({ clipped: { shape: gradient.shape } }),
  cost: ({ size }) => ({ flops: 2 * size, bytes: 8 * size }),
});

/** A gradient with each number between -limit and limit. */
export function clipValue(gradient: Tensor, limit: number): Tensor {
  return gradient.graph.add(clipValueOp, { gradient }, { size: sizeOf(gradient.shape), limit }).clipped;
}

/** The sum of the squares of a gradient's numbers: [1]. */
export function squaredNorm(gradient: Tensor): Tensor {
  return gradient.graph.add(squaredNormOp, { gradient }, { size: sizeOf(gradient.shape) }).squaredNorm;
}

/** A gradient times limit / norm where the norm, whose square [1] is given, exceeds the limit. Source: tf.clip_by_norm */
export function clipNorm(gradient: Tensor, squared: Tensor, limit: number): Tensor {
  return gradient.graph.add(clipNormOp, { gradient, squaredNorm: squared }, { size: sizeOf(gradient.shape), limit }).clipped;
}
