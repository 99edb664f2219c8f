import type { ColorMode, DecodedImage } from './decode/image.js';

export type { ColorMode };

export const CHANNELS = { grayscale: 1, rgb: 3, rgba: 4 } as const;

/** The colour mode of pictures of so many channels; none where there is no such. */
export const colorModeOf = (channels: number): ColorMode | undefined =>
  (Object.keys(CHANNELS) as ColorMode[]).find(mode => CHANNELS[mode] === channels);

/** How a resized pixel is made: PIL's NEAREST or BILINEAR. */
export type Interpolation = 'nearest' | 'bilinear';

/** Bytes [height, width, channels]. */
export interface Bytes {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of an image, in pixels from its left and top. */
interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/**
 * The image's bytes in a colour mode, as PIL converts them: alpha is dropped, not composited; grey is the luma of ITU-R 601 in 16-bit fixed point.
 * Source: Pillow, src/libImaging/Convert.c
 */
export function convertColor({ width, height, channels, data, refusals }: DecodedImage, mode: ColorMode): Bytes {
  if (refusals?.[mode]) throw new Error(refusals[mode]);
  const pixels = width * height;
  const wanted = CHANNELS[mode];
  if (channels === wanted) return { width, height, channels, data: asBytes(data) };
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
  return { width, height, channels: wanted, data: result };
}

const asBytes = (data: DecodedImage['data']): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.length);

/** The image at another size, as Keras' load_img makes it: cut to the wanted proportions about its centre first, if they are to be kept. */
export function resize(image: Bytes, to: Size, interpolation: Interpolation, keepAspectRatio = false): Bytes {
  if (image.width === to.width && image.height === to.height) return image;
  const box = keepAspectRatio ? centerBox(image, to) : { left: 0, top: 0, width: image.width, height: image.height };
  return interpolation === 'nearest' ? resizeNearest(image, to, box) : resizeBilinear(image, to, box);
}

/**
 * A decoded image in a model's colours and size. PIL converts first; where each pixel is that of one other, or there is only grey, the result is the
 * same if the image is made small before it is converted.
 */
export function fitImage(
  image: DecodedImage,
  mode: ColorMode,
  to: Size,
  interpolation: Interpolation = 'nearest',
  keepAspectRatio = false,
): Bytes {
  if (image.refusals?.[mode]) throw new Error(image.refusals[mode]);
  const { channels } = image;
  if (interpolation !== 'nearest' && channels !== 1) return resize(convertColor(image, mode), to, interpolation, keepAspectRatio);
  const small = resize({ ...image, data: asBytes(image.data) }, to, interpolation, keepAspectRatio);
  return convertColor({ ...small, channels }, mode);
}

/** The largest part of the wanted proportions about the centre, in whole pixels. Source: keras/utils/image_utils.py, load_img */
function centerBox({ width, height }: Size, to: Size): Box {
  const cropHeight = Math.min(height, Math.floor((width * to.height) / to.width));
  const cropWidth = Math.min(width, Math.floor((height * to.width) / to.height));
  return { left: Math.floor((width - cropWidth) / 2), top: Math.floor((height - cropHeight) / 2), width: cropWidth, height: cropHeight };
}

/**
 * For each output row or column, the input one that PIL's NEAREST takes. It adds up the step from half a step on, in float64; the closed form
 * floor((i + 0.5) * step) differs for one width in five. Source: Pillow, src/libImaging/Geometry.c, ImagingScaleAffine
 */
export function nearestIndices(length: number, output: number, begin = 0): Int32Array {
  const step = length / output;
  let position = begin + step / 2;
  return new Int32Array(output).map(() => {
    const index = Math.trunc(position);
    position += step;
    return index;
  });
}

function resizeNearest({ width, channels, data }: Bytes, to: Size, box: Box): Bytes {
  const rows = nearestIndices(box.height, to.height, box.top);
  const columns = nearestIndices(box.width, to.width, box.left);
  const result = new Uint8Array(to.width * to.height * channels);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const pixel = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) result[at++] = data[pixel + c]!;
    }
  }
  return { ...to, channels, data: result };
}

/** Bits behind the point of PIL's weights for bytes. */
const PRECISION_BITS = 22;

/** Of each output row or column, the first input one that it is made of, and the weights of that one and the next. */
interface Weights {
  readonly first: Int32Array;
  readonly weights: readonly Int32Array[];
}

/** A triangle about each output's centre, as wide as two outputs but at least two inputs. Source: Pillow, src/libImaging/Resample.c, precompute_coeffs */
function triangleWeights(input: number, output: number, begin: number, length: number): Weights {
  const scale = length / output;
  const support = Math.max(scale, 1);
  const first = new Int32Array(output);
  const weights = Array.from({ length: output }, (_, i) => {
    const center = begin + (i + 0.5) * scale;
    const low = Math.max(Math.trunc(center - support + 0.5), 0);
    const high = Math.min(Math.trunc(center + support + 0.5), input);
    first[i] = low;
    // Multiplied by reciprocals as PIL does: a quotient would round differently.
    const raw = Array.from({ length: high - low }, (_, k) => Math.max(0, 1 - Math.abs((k + low - center + 0.5) * (1 / support))));
    const norm = 1 / raw.reduce((a, b) => a + b, 0);
    return Int32Array.from(raw, weight => Math.trunc(0.5 + weight * norm * 2 ** PRECISION_BITS));
  });
  return { first, weights };
}

/** Colours weigh as much as they are seen: RGBA is resized with its colours multiplied by alpha. Source: Pillow, Image.resize, Convert.c */
function resizeBilinear(image: Bytes, to: Size, box: Box): Bytes {
  if (image.channels !== 4) return resample(image, to, box);
  const multiplied = resample({ ...image, data: perAlpha(image.data, timesAlpha) }, to, box);
  return { ...multiplied, data: perAlpha(multiplied.data, byAlpha) };
}

function perAlpha(data: Uint8Array, change: (color: number, alpha: number) => number): Uint8Array {
  const result = data.slice();
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!;
    for (let c = i; c < i + 3; c++) result[c] = change(data[c]!, alpha);
  }
  return result;
}

function timesAlpha(color: number, alpha: number): number {
  const product = color * alpha + 128;
  return ((product >> 8) + product) >> 8;
}

const byAlpha = (color: number, alpha: number): number =>
  alpha === 0 || alpha === 255 ? color : Math.min(255, Math.floor((255 * color) / alpha));

/**
 * Along rows and along columns, each pass rounded to bytes; columns first where the height shrinks much more than the width, as Pillow 13 does it
 * (earlier releases always took rows first). Source: Pillow, src/libImaging/Resample.c
 */
function resample(image: Bytes, to: Size, box: Box): Bytes {
  const alongRows = (from: Bytes): Bytes => {
    if (to.width === from.width && box.width === from.width) return from;
    return { ...from, width: to.width, data: resampleRows(from, triangleWeights(from.width, to.width, box.left, box.width)) };
  };
  const alongColumns = (from: Bytes): Bytes => {
    if (to.height === from.height && box.height === from.height) return from;
    return { ...from, height: to.height, data: resampleColumns(from, triangleWeights(from.height, to.height, box.top, box.height)) };
  };
  const shrinks = image.height - to.height;
  return shrinks > 0 && shrinks > 2 * (image.width - to.width) ? alongRows(alongColumns(image)) : alongColumns(alongRows(image));
}

function resampleRows({ width, height, channels, data }: Bytes, weights: Weights): Uint8Array {
  const outputWidth = weights.first.length;
  const result = new Uint8Array(height * outputWidth * channels);
  for (let row = 0; row < height; row++) {
    resampleLine(data, row * width * channels, channels, result, row * outputWidth * channels, channels, channels, weights);
  }
  return result;
}

function resampleColumns({ width, channels, data }: Bytes, weights: Weights): Uint8Array {
  const line = width * channels;
  const result = new Uint8Array(line * weights.first.length);
  for (let column = 0; column < width; column++) {
    resampleLine(data, column * channels, line, result, column * channels, line, channels, weights);
  }
  return result;
}

/** Resamples a row or a column of pixels, which begins at `from` and goes on every `step` elements, to one that begins at `to`. */
function resampleLine(
  data: Uint8Array,
  from: number,
  step: number,
  result: Uint8Array,
  to: number,
  outputStep: number,
  channels: number,
  { first, weights }: Weights,
): void {
  for (let i = 0; i < weights.length; i++) {
    const taps = weights[i]!;
    for (let c = 0; c < channels; c++) {
      let sum = 2 ** (PRECISION_BITS - 1);
      let at = from + first[i]! * step + c;
      for (const weight of taps) {
        sum += data[at]! * weight;
        at += step;
      }
      result[to + i * outputStep + c] = Math.min(255, Math.max(0, sum >> PRECISION_BITS));
    }
  }
}
