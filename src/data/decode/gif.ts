import { unpackGif } from './gif_lzw.js';
import type { DecodedImage } from './image.js';
import { checkLength, checkSize } from './limits.js';
import { Reader } from './reader.js';

/** A GIF's first picture, as its headers say. */
interface Picture {
  /** Of the canvas, grown where the picture goes beyond it. */
  readonly width: number;
  readonly height: number;
  /** Where the picture lies on it. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly interlaced: boolean;
  /** Index of the colour that can be seen through. */
  readonly transparent: number | undefined;
  /** RGB of each index; without it indices are levels of grey. */
  readonly palette: Uint8Array | undefined;
}

/** Pixels that a byte of GIF holds at most: a code of 12 bits stands for 4096. */
const PIXELS_A_BYTE = (4096 * 8) / 12;

const broken = (what: string): Error => new Error(`the GIF data is broken: ${what}`);
const word = (bytes: Uint8Array, at: number): number => bytes[at]! + bytes[at + 1]! * 256;

/** The first picture of a GIF on its canvas. Source: PIL/GifImagePlugin.py */
export function decodeGif(file: Uint8Array): DecodedImage {
  const reader = new Reader(file, 'GIF');
  const { width, height, left, top, right, bottom, interlaced, transparent, palette } = readPicture(reader);
  checkSize(width, height);
  checkLength(file, width, height, PIXELS_A_BYTE);
  const canvas = new Uint8Array(width * height).fill(transparent ?? 0);
  unpackGif(reader, { width: right - left, height: bottom - top, interlaced }, (x, y, index) => {
    canvas[(top + y) * width + left + x] = index;
  });
  if (!palette && transparent === undefined) return { width, height, channels: 1, data: canvas };
  const channels = transparent === undefined ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < canvas.length; i++) {
    const index = canvas[i]!;
    // Indices outside a palette are black.
    for (let c = 0; c < 3; c++) data[i * channels + c] = palette ? (palette[3 * index + c] ?? 0) : index;
    if (channels === 4) data[4 * i + 3] = index === transparent ? 0 : 255;
  }
  return { width, height, channels, data };
}

/** Reads up to the first picture's data: what is no block is passed over. */
function readPicture(reader: Reader): Picture {
  const screen = reader.take(13);
  const common = screen[10]! & 128 ? readPalette(reader, screen[10]!) : undefined;
  let transparent: number | undefined;
  for (;;) {
    const kind = reader.next();
    if (kind === undefined || kind === 0x3b) throw broken('it holds no picture');
    if (kind === 0x21) transparent = readExtension(reader) ?? transparent;
    else if (kind === 0x2c) {
      const header = reader.take(9);
      const [left, top] = [word(header, 0), word(header, 2)];
      const [right, bottom] = [left + word(header, 4), top + word(header, 6)];
      if (left === right || top === bottom) throw broken('its picture has no pixels');
      const flags = header[8]!;
      const palette = flags & 128 ? readPalette(reader, flags) : common;
      const size = { width: Math.max(right, word(screen, 6)), height: Math.max(bottom, word(screen, 8)) };
      return { ...size, left, top, right, bottom, interlaced: (flags & 64) !== 0, transparent, palette };
    }
  }
}

/** A palette, or undefined where each colour is its index as grey: PIL takes such pictures for grey ones. */
function readPalette(reader: Reader, flags: number): Uint8Array | undefined {
  const palette = reader.take(3 << ((flags & 7) + 1));
  return palette.every((value, i) => value === Math.trunc(i / 3)) ? undefined : palette;
}

/** Passes over an extension, from block to block as PIL does; returns the index of the colour that it declares transparent. */
function readExtension(reader: Reader): number | undefined {
  const label = reader.take(1)[0];
  let block = readBlock(reader);
  if (label === 0xfe) {
    while (block) block = readBlock(reader);
    return undefined;
  }
  let transparent: number | undefined;
  if (label === 0xf9 && block) {
    if (block.length < (block[0]! & 1 ? 4 : 3)) throw broken('a control extension is too short');
    if (block[0]! & 1) transparent = block[3];
  } else if (label === 0xff && block && new TextDecoder('latin1').decode(block).startsWith('NETSCAPE2.0')) readBlock(reader);
  while (readBlock(reader));
  return transparent;
}

/** The bytes of a block, undefined where there are none. */
function readBlock(reader: Reader): Uint8Array | undefined {
  const length = reader.next();
  if (!length) return undefined;
  const block = reader.file.subarray(reader.at, reader.at + length);
  reader.at += block.length;
  return block.length > 0 ? block : undefined;
}
