import type { DecodedImage } from './decode.js';

/** Channels that a model sees, as Keras' color_mode. */
export type ColorMode = 'rgb' | 'rgba' | 'grayscale';

export const CHANNELS = { grayscale: 1, rgb: 3, rgba: 4 } as const;

/**
 * The image's bytes in a colour mode, as PIL converts them: alpha is dropped, not composited; grey is the luma of ITU-R 601 in 16-bit fixed point.
 * Source: Pillow, src/libImaging/Convert.c
 */
export function convertColor({ width, height, channels, data }: DecodedImage, mode: ColorMode): Uint8Array {
  const pixels = width * height;
  const wanted = CHANNELS[mode];
  const result = new Uint8Array(pixels * wanted);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * channels;
    const red = data[at]!;
    const green = channels === 1 ? red : data[at + 1]!;
    const blue = channels === 1 ? red : data[at + 2]!;
    if (mode === 'grayscale') {
      result[pixel] = (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
      continue;
    }
    result[pixel * wanted] = red;
    result[pixel * wanted + 1] = green;
    result[pixel * wanted + 2] = blue;
    if (mode === 'rgba') result[pixel * wanted + 3] = channels === 4 ? data[at + 3]! : 255;
  }
  return result;
}

/**
 * For each output row or column, the input one that PIL's NEAREST takes. It adds up the step from half a step on, in float64; the closed form
 * floor((i + 0.5) * step) differs for one width in five. Source: Pillow, src/libImaging/Geometry.c, ImagingScaleAffine
 */
export function nearestIndices(input: number, output: number): Int32Array {
  const step = input / output;
  let position = step / 2;
  return new Int32Array(output).map(() => {
    const index = Math.trunc(position);
    position += step;
    return index;
  });
}

/** Bytes [height, width, channels] at another size, as PIL's NEAREST. */
export function resizeNearest(
  data: Uint8Array,
  from: { readonly width: number; readonly height: number; readonly channels: number },
  to: { readonly width: number; readonly height: number },
): Uint8Array {
  const { channels } = from;
  if (from.width === to.width && from.height === to.height) return data;
  const rows = nearestIndices(from.height, to.height);
  const columns = nearestIndices(from.width, to.width);
  const result = new Uint8Array(to.width * to.height * channels);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const pixel = (row * from.width + column) * channels;
      for (let c = 0; c < channels; c++) result[at++] = data[pixel + c]!;
    }
  }
  return result;
}
