import { mixInks } from './cmyk.js';
import type { DecodedImage } from './image.js';
import { type Frame, isBeyondRange, readFrame } from './jpeg_frame.js';
import { leavesRange } from './jpeg_range.js';
import { checkLength, checkSize } from './limits.js';
import { readSamples, Unreadable, wordsOf } from './magick.js';
import { cutShort } from './reader.js';
import { decodeByTurbo } from './turbo.js';

/** A block of 64 pixels takes a bit at least; by arithmetic coding many blocks may share one. */
const HUFFMAN_PIXELS_A_BYTE = 64 * 8;
const ARITHMETIC_PIXELS_A_BYTE = 64 * HUFFMAN_PIXELS_A_BYTE;

/** Bytes of a file up to which its range is looked at, which takes about half as long as decoding: photographs should not pay for damaged files. */
const MOST_RANGED = 16384;

/** Decodes a JPEG to the very bytes of PIL, by libjpeg-turbo; what that does not take, four colours and files with something wrong, by ImageMagick's. */
export async function decodeJpeg(file: Uint8Array): Promise<DecodedImage> {
  const frame = readFrame(file);
  const { width, height, components, arithmetic } = frame;
  checkSize(width, height);
  checkLength(file, width, height, arithmetic ? ARITHMETIC_PIXELS_A_BYTE : HUFFMAN_PIXELS_A_BYTE);
  const image = components === 4 || arithmetic ? undefined : await decodeByTurbo(file, width, height, components);
  const isWhole = image && !(file.length <= MOST_RANGED && leavesRange(file));
  return isWhole ? image : decodeRare(file, frame);
}

const broken = (what: string, cause?: unknown): Error => new Error(`the JPEG data is broken: ${what}`, { cause });

async function decodeRare(file: Uint8Array, frame: Frame): Promise<DecodedImage> {
  const read = (bytes: Uint8Array) =>
    readSamples(bytes, 'JPEG').catch(error => {
      throw error instanceof Unreadable ? broken(error.message, error) : error;
    });
  const { width, height, channels, isCmyk, data, warnings } = await read(file);
  if (warnings.some(warning => warning.includes('Premature end of JPEG file'))) throw cutShort('JPEG');
  // Of what libjpeg warns of, PIL takes no notice; an error ends it, which ImageMagick takes for a warning where it has rows already.
  const harm = warnings.find(warning => warning.includes('JPEGErrorHandler'));
  if (harm) throw broken(wordsOf(harm));
  if (await isBeyondRange(file, frame, read)) throw broken('its samples lie far out of range');
  if (width !== frame.width || height !== frame.height || isCmyk !== (frame.components === 4))
    throw broken('its frame header and pixels differ');
  if (isCmyk) return { width, height, channels: 3, data: mixInks(data.map(ink => 255 - ink)) };
  // Grey comes as three colours.
  const isGrey = frame.components === 1;
  return isGrey ? { width, height, channels: 1, data: data.filter((_, i) => i % channels === 0) } : { width, height, channels: 3, data };
}
