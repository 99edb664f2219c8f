import { type DecodedImage, SIXTEEN_BITS } from './image.js';
import { checkLength, checkSize } from './limits.js';
import { PngChunks, type PngHeader } from './png_chunks.js';
import { type Row, readRows } from './png_rows.js';

/** Channels by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bytes that one byte of zlib's can stand for. Source: zlib's technical details */
const MOST_INFLATED = 1032;

/** A PNG file's pixels as PIL reads them, damaged files included. Of an animation, the first picture. */
export function decodePng(file: Uint8Array): DecodedImage {
  const chunks = new PngChunks(file);
  const header = chunks.readHeader();
  const { width, height, bits, colorType, interlaced } = header;
  checkSize(width, height);
  const channels = CHANNELS[colorType]!;
  checkLength(file, width, height, (MOST_INFLATED * 8) / (channels * bits));
  const [left, top, right, bottom] = frameOf(header);
  const samples = new Uint8Array(width * height * channels);
  const layout = { width: right - left, height: bottom - top, bitsPerPixel: channels * bits, interlaced };
  for (const row of readRows(chunks, layout)) {
    const pixels = unpack(row, header, channels);
    // PIL puts an interlaced frame at the picture's corner.
    const at = interlaced ? row.y * width + row.left : (top + row.y) * width + left;
    if (row.across === 1) samples.set(pixels, at * channels);
    else {
      for (let i = 0; i < pixels.length; i++) {
        const pixel = Math.floor(i / channels);
        samples[(at + pixel * row.across) * channels + i - pixel * channels] = pixels[i]!;
      }
    }
  }
  chunks.readEnd();
  return { width, height, ...toColors(samples, header, chunks.transparency) };
}

function frameOf({ width, height, frame = [0, 0, width, height] }: PngHeader): readonly [number, number, number, number] {
  const [left, top, right, bottom] = frame;
  if (left === 0 && right === 0) return [0, 0, width, height];
  if (left === right || top === bottom) throw new Error('the PNG data is broken: the first frame of its animation is empty');
  return frame;
}

/** A row's channels, one byte each: the high ones of 16 bits, but grey of 16 bits is cut off at 255; grey of fewer bits is scaled. */
function unpack({ bytes, count }: Row, { bits, colorType }: PngHeader, channels: number): Uint8Array {
  if (bits === 8) return bytes;
  const result = new Uint8Array(count * channels);
  if (bits === 16) {
    const isGrey = colorType === 0;
    for (let i = 0; i < result.length; i++) result[i] = isGrey && bytes[2 * i]! > 0 ? 255 : bytes[2 * i + (isGrey ? 1 : 0)]!;
    return result;
  }
  const largest = 2 ** bits - 1;
  const scale = colorType === 0 ? 255 / largest : 1;
  for (let i = 0; i < count; i++) {
    const bit = i * bits;
    result[i] = ((bytes[bit >> 3]! >> (8 - bits - (bit & 7))) & largest) * scale;
  }
  return result;
}

type Colors = Pick<DecodedImage, 'channels' | 'data' | 'refusals'>;

/** Samples as grey, RGB or RGBA, with the palette and with what is transparent. */
function toColors(samples: Uint8Array, { bits, colorType, palette }: PngHeader, transparency: Uint8Array | undefined): Colors {
  switch (colorType) {
    case 0: {
      const colors: Colors = transparency
        ? { channels: 4, data: lookUp(samples, greyTable(transparentGrey(transparency, bits)), 4) }
        : { channels: 1, data: samples };
      return bits === 16 ? { ...colors, refusals: { grayscale: SIXTEEN_BITS } } : colors;
    }
    case 2:
      return transparency ? { channels: 4, data: withTransparentColor(samples, transparency) } : { channels: 3, data: samples };
    case 3:
      return fromPalette(samples, palette, transparency);
    case 4:
      return { channels: 4, data: withGreyAlpha(samples) };
    default:
      return { channels: 4, data: samples };
  }
}

/** PIL compares with the low byte, and takes whatever isn't 0 for white where there is one bit. */
const transparentGrey = (chunk: Uint8Array, bits: number): number => (bits === 1 ? (chunk[0]! + chunk[1]! > 0 ? 255 : 0) : chunk[1]!);

/** RGBA of each grey. */
const greyTable = (transparent: number): Uint8Array =>
  Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 < 3 ? i >> 2 : i >> 2 === transparent ? 0 : 255));

function lookUp(samples: Uint8Array, table: Uint8Array, channels: number): Uint8Array {
  const result = new Uint8Array(samples.length * channels);
  for (let i = 0; i < samples.length; i++) {
    const from = samples[i]! * channels;
    for (let c = 0; c < channels; c++) result[i * channels + c] = table[from + c]!;
  }
  return result;
}

function withTransparentColor(samples: Uint8Array, chunk: Uint8Array): Uint8Array {
  const [red, green, blue] = [chunk[1], chunk[3], chunk[5]];
  const result = new Uint8Array((samples.length / 3) * 4);
  for (let from = 0, to = 0; from < samples.length; from += 3, to += 4) {
    result[to] = samples[from]!;
    result[to + 1] = samples[from + 1]!;
    result[to + 2] = samples[from + 2]!;
    result[to + 3] = samples[from] === red && samples[from + 1] === green && samples[from + 2] === blue ? 0 : 255;
  }
  return result;
}

function withGreyAlpha(samples: Uint8Array): Uint8Array {
  const result = new Uint8Array(samples.length * 2);
  for (let i = 0; i < samples.length; i += 2) {
    result.fill(samples[i]!, 2 * i, 2 * i + 3);
    result[2 * i + 3] = samples[i + 1]!;
  }
  return result;
}

/** Colours that the palette lacks are black. */
function fromPalette(samples: Uint8Array, palette: Uint8Array | undefined, transparency: Uint8Array | undefined): Colors {
  const colors = Math.floor((palette?.length ?? 0) / 3);
  if (colors > 256) throw new Error(`the PNG data is broken: its palette has ${colors} colours`);
  const channels = transparency ? 4 : 3;
  const { alphas, refusals } = paletteAlphas(transparency ?? new Uint8Array(0), palette !== undefined);
  const table = Uint8Array.from({ length: 256 * channels }, (_, i) => {
    const color = Math.floor(i / channels);
    const channel = i % channels;
    if (channel === 3) return alphas[color] ?? 255;
    return color < colors ? palette![3 * color + channel]! : 0;
  });
  return { channels, data: lookUp(samples, table, channels), ...(refusals && { refusals }) };
}

/** PIL keeps one transparent colour as its index, whose pattern lets a line feed pass at the end, and any others as a list. */
function paletteAlphas(chunk: Uint8Array, hasPalette: boolean): { alphas: Uint8Array; refusals?: DecodedImage['refusals'] } {
  const values = chunk.at(-1) === 0x0a ? chunk.subarray(0, -1) : chunk;
  const isOne = values.indexOf(0) >= 0 && values.every((alpha, i) => alpha === (i === values.indexOf(0) ? 0 : 255));
  if (isOne && !hasPalette) {
    const reason = 'the PNG data is broken: it has a transparent colour and no palette';
    return { alphas: values, refusals: { rgb: reason, grayscale: reason } };
  }
  const alphas = isOne ? values : chunk;
  const isTooLong = isOne ? values.indexOf(0) > 255 : chunk.length > 256;
  return isTooLong ? { alphas, refusals: { rgba: 'the PNG data is broken: it has more alphas than colours' } } : { alphas };
}
