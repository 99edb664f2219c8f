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
