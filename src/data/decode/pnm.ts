import { type DecodedImage, SIXTEEN_BITS } from './image.js';
import { checkSize } from './limits.js';
import { PnmNumbers, pythonInteger } from './pnm_numbers.js';
import { cutShort, Reader } from './reader.js';

/** What a kind holds by its first two letters: P1 to P3 as text, P4 to P6 as bytes, Pf as floats. */
const KINDS: Readonly<Record<string, { readonly channels: 1 | 3; readonly isText?: true }>> = {
  P1: { channels: 1, isText: true },
  P2: { channels: 1, isText: true },
  P3: { channels: 3, isText: true },
  P4: { channels: 1 },
  P5: { channels: 1 },
  P6: { channels: 3 },
  Pf: { channels: 1 },
};

const broken = (what: string): Error => new Error(`the PPM data is broken: ${what}`);
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 9 && byte <= 13);

/** A PBM, PGM, PPM or PFM, with PIL's scaling to 8 bits. Source: PIL/PpmImagePlugin.py */
export function decodePnm(file: Uint8Array): DecodedImage {
  const reader = new Reader(file, 'PPM');
  const magic = readMagic(reader);
  const kind = KINDS[magic];
  if (!kind) throw broken(`it begins with ${JSON.stringify(magic)}, wanted P1 to P6 or Pf`);
  const { channels, isText } = kind;
  const [width, height] = [readInteger(reader), readInteger(reader)];
  checkSize(width, height);
  const values = width * height * channels;
  // Before memory is taken: as text, a number takes a byte and a space.
  const least = magic === 'P4' ? Math.ceil(width / 8) * height : magic === 'P2' || magic === 'P3' ? 2 * values - 1 : values;
  if (file.length - reader.at < least) throw cutShort('PPM');
  const image = (data: Uint8Array): DecodedImage => ({ width, height, channels, data });
  if (magic === 'P4') return image(unpackBits(reader, width, height));
  if (magic === 'Pf') return image(readFloats(reader, width, height));
  if (magic === 'P1') return image(new PnmNumbers(reader).bits(values));
  const most = readInteger(reader);
  if (most < 1 || most > 65_535) throw broken(`its largest value is ${most}, wanted 1 to 65535`);
  const isWide = channels === 1 && most > 255;
  const scale = (value: number): number => Math.min(255, roundHalfEven((value / most) * (isWide ? 65_535 : 255)));
  const data = isText ? new PnmNumbers(reader).numbers(values, most, scale) : readValues(reader, values, most, scale);
  // PIL holds such grey in 32 bits, and cuts it off at 255 where it makes colours of it.
  return isWide ? { ...image(data), refusals: { grayscale: SIXTEEN_BITS } } : image(data);
}

/** Up to a space, or six letters. */
function readMagic(reader: Reader): string {
  let magic = '';
  while (magic.length < 6) {
    const byte = reader.next();
    if (byte === undefined || isSpace(byte)) break;
    magic += String.fromCharCode(byte);
  }
  return magic;
}

/** The header's next word of 10 letters at most; # begins a comment, up to the line's end. */
function readWord(reader: Reader): string {
  let word = '';
  while (word.length <= 10) {
    const byte = reader.next();
    if (byte === undefined) break;
    if (isSpace(byte)) {
      if (word) break;
    } else if (byte === 0x23) {
      for (let next = reader.next(); next !== undefined && next !== 10 && next !== 13; next = reader.next());
    } else word += String.fromCharCode(byte);
  }
  if (!word) throw cutShort('PPM');
  if (word.length > 10) throw broken('a number in its header is too long');
  return word;
}

function readInteger(reader: Reader): number {
  const word = readWord(reader);
  const value = pythonInteger(word);
  if (value === undefined) throw broken(`its header has ${JSON.stringify(word)}, wanted a whole number`);
  return value;
}

/** Rows of whole bytes, in which a 1 is black. */
function unpackBits(reader: Reader, width: number, height: number): Uint8Array {
  const stride = Math.ceil(width / 8);
  const bytes = reader.take(stride * height);
  const data = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) data[i] = (bytes[y * stride + (x >> 3)]! >> (7 - (x & 7))) & 1 ? 0 : 255;
  }
  return data;
}

/** Of one byte, or two where `most` needs them. */
function readValues(reader: Reader, count: number, most: number, scale: (value: number) => number): Uint8Array {
  if (most === 255) return reader.take(count);
  const data = new Uint8Array(count);
  if (most < 256) {
    const table = Uint8Array.from({ length: 256 }, (_, value) => scale(value));
    const bytes = reader.take(count);
    for (let i = 0; i < count; i++) data[i] = table[bytes[i]!]!;
    return data;
  }
  const bytes = reader.take(2 * count);
  for (let i = 0; i < count; i++) data[i] = scale(bytes[2 * i]! * 256 + bytes[2 * i + 1]!);
  return data;
}

/** Rows from the bottom up, in the byte order that the sign of a factor says; cut off to whole numbers from 0 to 255. */
function readFloats(reader: Reader, width: number, height: number): Uint8Array {
  const word = readWord(reader);
  const factor = Number(word);
  if (!Number.isFinite(factor) || factor === 0) throw broken(`its factor is ${JSON.stringify(word)}, wanted a number other than 0`);
  const { buffer, byteOffset, byteLength } = reader.take(4 * width * height);
  const view = new DataView(buffer, byteOffset, byteLength);
  const data = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const value = view.getFloat32(4 * ((height - 1 - y) * width + x), factor < 0);
      data[i] = Number.isNaN(value) ? 0 : Math.max(0, Math.min(255, value));
    }
  }
  return data;
}

/** Python's round. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
