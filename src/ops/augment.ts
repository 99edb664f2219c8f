import { defineOp } from '../engine/op.js';
import { checkRank } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

/** What scipy.ndimage calls modes: what lies outside an image. The numbers are the shader's. */
export const FILL_MODES = { nearest: 0, constant: 1, reflect: 2, wrap: 3 } as const;
export type FillMode = keyof typeof FILL_MODES;

/** Numbers of an image in `transforms`: a00, a01, a10, a11, b0, b1, mirror, flip, channel shift, brightness, and which of the pictures it is made of. */
export const TRANSFORM_LENGTH = 11;

/** Place of the last of them, and how many pictures a float32 tells apart. */
export const PICTURE = 10;
export const MOST_PICTURES = 2 ** 24;

type Augment = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** 1 where the pictures are float32, 0 where they are bytes. */
  readonly isFloat: number;
  readonly fillMode: number;
  readonly cval: number;
  readonly rescale: number;
};

const sizeOf = (a: Augment): number => a.batch * a.height * a.width * a.channels;

export const augmentOp = defineOp<Augment>()({
  name: 'augment',
  inputs: ['pictures', 'transforms'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: [a.batch, a.height, a.width, a.channels] } }),
  // Two coordinates, three interpolations and the rescale.
  cost: a => ({ flops: 22 * sizeOf(a), bytes: 5 * sizeOf(a) }),
});

export interface AugmentOptions {
  readonly fillMode: FillMode;
  /** What lies outside with fillMode 'constant', 0 … 255. */
  readonly cval: number;
  /** What the numbers are multiplied with, as float32. */
  readonly rescale: number;
}

/**
 * Images [batch, height, width, channels], each one of the pictures [pictures, height, width, channels], bytes or float32, under its affine map, both of
 * `transforms` [batch, 11]: as float32 times rescale.
 * Source: scipy.ndimage.affine_transform with order 1, as Keras calls it (keras/preprocessing/image.py, apply_affine_transform).
 */
export function augment(pictures: Tensor, transforms: Tensor, { fillMode, cval, rescale }: AugmentOptions): Tensor {
  checkRank('augment', 'pictures', pictures.shape, 4);
  const [, height, width, channels] = pictures.shape as [number, number, number, number];
  const batch = transforms.shape[0]!;
  const isFloat = Number(pictures.dtype === 'float32');
  const attrs = { batch, height, width, channels, isFloat, fillMode: FILL_MODES[fillMode], cval, rescale };
  return pictures.graph.add(augmentOp, { pictures, transforms }, attrs).output;
}
