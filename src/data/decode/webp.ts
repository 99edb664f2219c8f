import type { DecodedImage } from './image.js';
import { checkLength, checkSize } from './limits.js';
import { readSamples, Unreadable } from './magick.js';

/** Pixels that a byte of WebP holds at most, where there are many: an even surface has about 560, and 20000 without loss. */
const PIXELS_A_BYTE = 4096;

const broken = (cause?: unknown): Error => new Error('the WebP data is broken or ends too early', { cause });

/** Decodes a WebP, or the first picture of an animation, by ImageMagick's libwebp. */
export async function decodeWebp(file: Uint8Array): Promise<DecodedImage> {
  const size = readSize(file);
  checkSize(...size);
  checkLength(file, ...size, PIXELS_A_BYTE);
  const { width, height, channels, data, warnings } = await readSamples(file, 'WEBP').catch(error => {
    throw error instanceof Unreadable ? broken(error) : error;
  });
  if (warnings.length > 0 || width !== size[0] || height !== size[1] || (channels !== 3 && channels !== 4)) throw broken();
  return { width, height, channels, data };
}

/** The canvas' width and height. Throws where the chunks don't fill the file as its header says, or the first is not one of pixels. */
function readSize(file: Uint8Array): [width: number, height: number] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const end = file.length >= 30 ? 8 + bytes.readUInt32LE(4) : Infinity;
  if (end > file.length) throw broken();
  for (let at = 12; at < end; ) {
    const next = at + 8 <= end ? at + 8 + bytes.readUInt32LE(at + 4) : Infinity;
    if (next > end) throw broken();
    at = next + (next % 2);
  }
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return [1 + bytes.readUIntLE(24, 3), 1 + bytes.readUIntLE(27, 3)];
    case 'VP8 ':
      return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff];
    case 'VP8L':
      return [1 + (bytes.readUInt32LE(21) & 0x3fff), 1 + ((bytes.readUInt32LE(21) >> 14) & 0x3fff)];
    default:
      throw broken();
  }
}
