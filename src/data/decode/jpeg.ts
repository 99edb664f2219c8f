import { mixInks } from './cmyk.js';
import type { DecodedImage } from './image.js';
import { checkLength, checkSize } from './limits.js';
import { type Codec, withCodec } from './wasm.js';

interface JpegCodec extends Codec {
  /** Returns 0, or 1 where the file ends before its last row. */
  readonly decode: (file: number, length: number, width: number, height: number, components: number) => number;
}

/** A JPEG's frame header. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3 | 4;
  readonly arithmetic: boolean;
}

/** A block of 64 pixels takes a bit at least; by arithmetic coding many blocks may share one. */
const HUFFMAN_PIXELS_A_BYTE = 64 * 8;
const ARITHMETIC_PIXELS_A_BYTE = 64 * HUFFMAN_PIXELS_A_BYTE;

/** Decodes a JPEG by the libjpeg-turbo that PIL has, in the way in which PIL calls it: the very bytes of PIL, and its refusals. */
export async function decodeJpeg(file: Uint8Array): Promise<DecodedImage> {
  const { width, height, components, arithmetic } = readFrame(file);
  checkSize(width, height);
  checkLength(file, width, height, arithmetic ? ARITHMETIC_PIXELS_A_BYTE : HUFFMAN_PIXELS_A_BYTE);
  const data = new Uint8Array(width * height * components);
  let filled = 0;
  const take = (rows: Uint8Array): void => {
    data.set(rows, filled);
    filled += rows.length;
  };
  const isCut = await withCodec('jpeg', 'JPEG', file, take, ({ decode }: JpegCodec, at) =>
    decode(at, file.length, width, height, components),
  );
  if (isCut) throw new Error('the JPEG data ends too early: the file is cut short');
  return components === 4 ? { width, height, channels: 3, data: mixInks(data) } : { width, height, channels: components, data };
}

const broken = (what: string): Error => new Error(`the JPEG data is broken: ${what}`);

/** Markers that begin a frame: SOF0 to SOF15 and DHP, without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xde;

/** Markers without a segment: JPG, RST0 to RST7, SOI, EOI, JPG0 to JPG13. */
const isBare = (marker: number): boolean => marker === 0xc8 || (marker >= 0xd0 && marker <= 0xd9) || (marker >= 0xf0 && marker <= 0xfd);

/** The last frame header before the first scan, found as PIL finds it: other bytes between segments are passed over. Source: PIL/JpegImagePlugin.py, _open */
function readFrame(file: Uint8Array): Frame {
  let frame: Frame | undefined;
  let at = 2;
  while (at + 1 < file.length) {
    const marker = file[at + 1]!;
    if (file[at] !== 0xff || marker === 0xff) at += 1;
    else if (marker === 0 || isBare(marker)) at += 2;
    else if (marker < 0xc0) throw broken(`an unknown marker ff ${marker.toString(16).padStart(2, '0')} before its pixels`);
    else {
      const length = Math.max(2, file[at + 2]! * 256 + file[at + 3]!);
      const segment = file.subarray(at + 4, at + 2 + length);
      // Also where not even the length is there, a NaN.
      if (segment.length !== length - 2) throw new Error('the JPEG data ends too early: the file is cut short');
      if (isFrame(marker)) frame = frameOf(segment, marker);
      else if (marker === 0xdb) checkTables(segment);
      else if (marker === 0xda) break;
      at += 2 + length;
    }
  }
  if (!frame || at + 1 >= file.length) throw broken('it has no frame header before its pixels');
  return frame;
}

function frameOf(segment: Uint8Array, marker: number): Frame {
  const [bits, high, low, left, right, components] = segment;
  if (bits !== undefined && bits !== 8) {
    throw new Error(`it is a JPEG with ${bits} bits a sample, which is not read; convert it to PNG or to a JPEG with 8`);
  }
  if (components !== 1 && components !== 3 && components !== 4) {
    throw broken(`its frame header declares ${components ?? 'no'} colour components, wanted 1, 3 or 4`);
  }
  return { width: left! * 256 + right!, height: high! * 256 + low!, components, arithmetic: marker > 0xc8 && marker < 0xde };
}

/** Quantization tables: a byte that says of which precision, and 64 numbers of 1 or 2 bytes, any number of times. */
function checkTables(segment: Uint8Array): void {
  let at = 0;
  while (at < segment.length) at += 1 + 64 * (segment[at]! < 16 ? 1 : 2);
  if (at !== segment.length) throw broken('a quantization table is too short');
}
