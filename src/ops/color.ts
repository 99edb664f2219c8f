import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Images = { readonly batch: number; readonly size: number };

export const imageRangeOp = defineOp<Images>()({
  name: 'image_range',
  inputs: ['input'],
  outputs: ['range'],
  shapes: ({ batch }) => ({ range: { shape: [batch, 2] } }),
  cost: ({ batch, size }) => ({ flops: 2 * batch * size, bytes: 4 * batch * size }),
});

export const channelShiftOp = defineOp<Images & { readonly rescale: number }>()({
  name: 'channel_shift',
  inputs: ['input', 'range', 'transforms'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ batch, size }) => ({ flops: 4 * batch * size, bytes: 8 * batch * size }),
});

export const brightnessOp = defineOp<Images & { readonly stretch: number; readonly rescale: number }>()({
  name: 'brightness',
  inputs: ['input', 'range', 'transforms'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: ({ batch, size }) => ({ flops: 6 * batch * size, bytes: 8 * batch * size }),
});

function imagesOf(input: Tensor): Images {
  return { batch: input.shape[0]!, size: sizeOf(input.shape.slice(1)) };
}

function imageRange(input: Tensor): Tensor {
  return input.graph.add(imageRangeOp, { input }, imagesOf(input)).range;
}

/** Adds each image's channel shift (column 8 of `transforms`) to its values, cut off at the image's own range; times rescale. */
export function channelShift(input: Tensor, transforms: Tensor, rescale: number): Tensor {
  return input.graph.add(channelShiftOp, { input, range: imageRange(input), transforms }, { ...imagesOf(input), rescale }).output;
}

/**
 * Brightens each image by its factor (column 9 of `transforms`) as PIL does, in bytes; times rescale. `stretch`: every image is stretched to 0 … 255
 * first, as releases up to keras-preprocessing 1.1.2 do.
 */
export function brightness(
  input: Tensor,
  transforms: Tensor,
  { stretch, rescale }: { readonly stretch: boolean; readonly rescale: number },
): Tensor {
  const attrs = { ...imagesOf(input), stretch: Number(stretch), rescale };
  return input.graph.add(brightnessOp, { input, range: imageRange(input), transforms }, attrs).output;
}
