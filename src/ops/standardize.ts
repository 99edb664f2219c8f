import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Images = { readonly batch: number; readonly size: number };

export const imageMomentsOp = defineOp<Images>()({
  name: 'image_moments',
  inputs: ['input'],
  outputs: ['moments'],
  shapes: ({ batch }) => ({ moments: { shape: [batch, 2] } }),
  cost: ({ batch, size }) => ({ flops: 4 * batch * size, bytes: 4 * batch * size }),
});

export const samplewiseOp = defineOp<Images & { readonly normalize: number }>()({
  name: 'samplewise',
  inputs: ['input', 'moments'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ batch, size }) => ({ flops: 2 * batch * size, bytes: 8 * batch * size }),
});

export const featurewiseOp = defineOp<{ readonly rows: number; readonly channels: number; readonly normalize: number }>()({
  name: 'featurewise',
  inputs: ['input', 'statistics'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ rows, channels }) => ({ flops: 2 * rows * channels, bytes: 8 * rows * channels }),
});

/** Takes each image's mean away and, with `normalize`, divides by its standard deviation + 1e-6. input [batch, …]. */
export function samplewise(input: Tensor, normalize: boolean): Tensor {
  const images = { batch: input.shape[0]!, size: sizeOf(input.shape.slice(1)) };
  const { moments } = input.graph.add(imageMomentsOp, { input }, images);
  return input.graph.add(samplewiseOp, { input, moments }, { ...images, normalize: Number(normalize) }).output;
}

/** Takes each channel's mean of `statistics` [2, channels] away and, with `normalize`, divides by its deviation + 1e-6. input [..., channels]. */
export function featurewise(input: Tensor, statistics: Tensor, normalize: boolean): Tensor {
  const channels = input.shape.at(-1)!;
  const attrs = { rows: sizeOf(input.shape) / channels, channels, normalize: Number(normalize) };
  return input.graph.add(featurewiseOp, { input, statistics }, attrs).output;
}
