/** Channels that a model sees, as Keras' color_mode. */
export type ColorMode = 'rgb' | 'rgba' | 'grayscale';

/** An image's bytes, row by row, with 1 (grey), 3 (RGB) or 4 (RGBA) channels. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Colour modes that it can't be had in, and why. */
  readonly refusals?: Readonly<Partial<Record<ColorMode, string>>>;
}

/** Why grey of 16 bits can't be had as grayscale. */
export const SIXTEEN_BITS =
  'it has 16 bits of grey, which Keras keeps (0 to 65535) and wgrad does not; convert it to 8 bits, or read it with the colour mode rgb';
