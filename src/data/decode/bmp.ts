import { runLengths } from './bmp_rle.js';
import type { DecodedImage } from './image.js';
import { checkLength, checkSize } from './limits.js';

/** Where a pixel's bytes hold its red, green, blue and, for four, alpha. */
type Order = readonly number[];

/** Masks of red, green, blue and alpha that PIL knows for 32 bits. Source: PIL/BmpImagePlugin.py */
const ORDERS: Readonly<Record<string, Order>> = {
  'ff0000 ff00 ff 0': [2, 1, 0],
  'ff000000 ff0000 ff00 0': [3, 2, 1],
  'ff000000 ff00 ff 0': [3, 1, 0],
  'ff000000 ff0000 ff00 ff': [3, 2, 1, 0],
  'ff ff00 ff0000 ff000000': [0, 1, 2, 3],
  'ff0000 ff00 ff ff000000': [2, 1, 0, 3],
  'ff000000 ff00 ff ff0000': [3, 1, 0, 2],
  '0 0 0 0': [2, 1, 0, 3],
};

const HEADERS = [12, 40, 52, 56, 64, 108, 124];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Colours of the palette, and bytes of each. */
  readonly colors: number;
  readonly colorBytes: number;
  /** red, green, blue, alpha in hexadecimal. */
  readonly masks: readonly string[];
  /** Where the header ends and the palette begins. */
  readonly end: number;
}

const cutShort = () => new Error('the BMP data ends too early: the file is cut short');

/** A BMP file's pixels as PIL reads them. Source: PIL/BmpImagePlugin.py; Pillow, src/libImaging/RawDecode.c and Unpack.c */
export function decodeBmp(file: Uint8Array): DecodedImage {
  const header = readHeader(file);
  const { width, height, bits, compression } = header;
  checkSize(width, height);
  // Two bytes of run lengths stand for 255 pixels; less is stored without.
  checkLength(file, width, height, 128);
  if (bits <= 8) return decodePalette(file, header);
  if (compression !== 0 && compression !== 3)
    throw new Error(`the BMP data is broken: its compression ${compression} does not fit ${bits} bits`);
  const unpack = bits === 16 ? unpack16(header) : unpackBytes(header);
  const start = pixelsAt(file, header) || header.end;
  const data = new Uint8Array(width * height * unpack.channels);
  eachRow(file, start, header, bits, (row, y) => unpack.row(row, data, y * width * unpack.channels));
  return { width, height, channels: unpack.channels, data };
}

function readHeader(file: Uint8Array): Header {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const size = file.length < 18 ? 0 : view.getUint32(14, true);
  if (file.length < 18 || (HEADERS.includes(size) && file.length < 14 + size)) throw cutShort();
  if (!HEADERS.includes(size)) throw new Error(`its BMP header of ${size} bytes is of a kind that is not read`);
  const short = (at: number) => view.getUint16(14 + at, true);
  const long = (at: number) => view.getUint32(14 + at, true);
  if (size === 12) {
    const bits = short(10);
    return {
      width: short(4),
      height: short(6),
      topDown: false,
      bits,
      compression: 0,
      colors: 2 ** bits,
      colorBytes: 3,
      masks: [],
      end: 26,
    };
  }
  const topDown = view.getUint8(14 + 11) === 0xff;
  const bits = short(14);
  const compression = long(16);
  const masksFollow = compression === 3 && size === 40;
  if (masksFollow && file.length < 66) throw cutShort();
  const maskCount = compression !== 3 ? 0 : size >= 56 ? 4 : 3;
  return {
    width: long(4),
    height: topDown ? 2 ** 32 - long(8) : long(8),
    topDown,
    bits,
    compression,
    colors: long(32) || 2 ** bits,
    colorBytes: 4,
    masks: [...Array.from({ length: maskCount }, (_, i) => long(40 + 4 * i).toString(16)), ...(maskCount === 3 ? ['0'] : [])],
    end: 14 + size + (masksFollow ? 12 : 0),
  };
}

/** Where the file says that its pixels begin; 0 where it doesn't. PIL mends those that point at the palette. */
function pixelsAt(file: Uint8Array, { bits, colors, colorBytes }: Header): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const at = view.getUint32(10, true);
  return at === 14 + view.getUint32(14, true) && bits <= 8 ? at + colorBytes * colors : at;
}

/** Rows as they are stored, given with their place in the picture. */
function eachRow(
  file: Uint8Array,
  start: number,
  { width, height, bits, topDown }: Header,
  rawBits: number,
  take: (row: Uint8Array, y: number) => void,
): void {
  const stride = Math.floor((width * bits + 31) / 32) * 4;
  const length = Math.ceil((width * rawBits) / 8);
  if (length > stride) throw new Error(`the BMP data is broken: its palette of grey does not fit ${bits} bits`);
  if (start + stride * (height - 1) + length > file.length) throw cutShort();
  for (let i = 0; i < height; i++) {
    const at = start + i * stride;
    take(file.subarray(at, at + length), topDown ? i : height - 1 - i);
  }
}

interface Unpack {
  readonly channels: 3 | 4;
  readonly row: (row: Uint8Array, result: Uint8Array, at: number) => void;
}

function unpackBytes({ bits, compression, masks }: Header): Unpack {
  const bytes = bits / 8;
  const layout = masks.join(' ');
  const isPlain = compression === 0 || (bits === 24 && layout.startsWith('ff0000 ff00 ff '));
  const order = isPlain ? [2, 1, 0] : bits === 32 ? ORDERS[layout] : undefined;
  if (!order) throw unknownMasks(masks);
  return {
    channels: order.length as 3 | 4,
    row: (row, result, at) => {
      for (let from = 0; from < row.length; from += bytes) for (const channel of order) result[at++] = row[from + channel]!;
    },
  };
}

const unknownMasks = (masks: readonly string[]) =>
  new Error(`the BMP file's colour masks ${masks.join(', ')} are of a kind that is not read`);

/** 5 or 6 bits a channel, scaled to 8. */
function unpack16({ compression, masks }: Header): Unpack {
  const layout = masks.slice(0, 3).join(' ');
  if (compression === 3 && layout !== 'f800 7e0 1f' && layout !== '7c00 3e0 1f') throw unknownMasks(masks);
  const greenBits = layout === 'f800 7e0 1f' ? 6 : 5;
  const greens = 2 ** greenBits - 1;
  return {
    channels: 3,
    row: (row, result, at) => {
      for (let from = 0; from < row.length; from += 2) {
        const pixel = row[from]! + row[from + 1]! * 256;
        result[at++] = Math.floor((((pixel >> (5 + greenBits)) & 31) * 255) / 31);
        result[at++] = Math.floor((((pixel >> 5) & greens) * 255) / greens);
        result[at++] = Math.floor(((pixel & 31) * 255) / 31);
      }
    },
  };
}

/** Pictures of 1, 4 and 8 bits. A palette of all greys in their order is left out, and then a pixel is one bit or byte whatever the header says. */
function decodePalette(file: Uint8Array, header: Header): DecodedImage {
  const { width, height, bits, compression, colors, colorBytes, end } = header;
  if (bits !== 1 && bits !== 4 && bits !== 8) throw new Error(`the BMP file has ${bits} bits a pixel, which is not read`);
  if (compression > 2) throw new Error(`the BMP file's compression ${compression} is not read`);
  if (colors > 65536) throw new Error(`the BMP data is broken: it declares ${colors} colours`);
  const palette = file.subarray(end, end + colors * colorBytes);
  const isGrey = isGreys(palette, colors, colorBytes);
  if (!isGrey && palette.length >= 257 * colorBytes) throw new Error(`the BMP data is broken: its palette has ${colors} colours`);
  const isBlackAndWhite = isGrey && colors <= 2;
  const rawBits = !isGrey ? bits : isBlackAndWhite ? 1 : 8;
  const start = pixelsAt(file, header) || end + palette.length;
  let indices = new Uint8Array(width * height);
  if (compression === 0) {
    eachRow(file, start, header, rawBits, (row, y) => {
      for (let x = 0; x < width; x++) {
        const bit = x * rawBits;
        indices[y * width + x] = (row[bit >> 3]! >> (8 - rawBits - (bit & 7))) & (2 ** rawBits - 1);
      }
    });
  } else {
    indices = runLengths(file, start, header, compression === 2);
  }
  if (isGrey) return { width, height, channels: 1, data: isBlackAndWhite ? indices.map(bit => (bit ? 255 : 0)) : indices };
  const data = new Uint8Array(indices.length * 3);
  // Stored blue, green, red; colours that the palette lacks are black.
  const known = Math.floor(palette.length / colorBytes);
  for (let i = 0; i < data.length; i++) {
    const color = indices[Math.floor(i / 3)]!;
    data[i] = color < known ? palette[color * colorBytes + 2 - (i % 3)]! : 0;
  }
  return { width, height, channels: 3, data };
}

function isGreys(palette: Uint8Array, colors: number, colorBytes: number): boolean {
  for (let i = 0; i < colors; i++) {
    const grey = colors === 2 ? i * 255 : i & 255;
    for (let c = 0; c < 3; c++) if (palette[i * colorBytes + c] !== grey) return false;
  }
  return true;
}
