import type { DecodedImage } from './image.js';
import { checkLength, checkSize } from './limits.js';
import { type Codec, withCodec } from './wasm.js';

interface WebpCodec extends Codec {
  /** Where the canvas' width and height lie, or 0 where the file is broken. */
  readonly size: (file: number, length: number) => number;
  /** Returns the bytes of a pixel, 3 or 4, or 0 where the file is broken. */
  readonly decode: (file: number, length: number) => 0 | 3 | 4;
}

/** Pixels that a byte of WebP holds at most, where there are many: an even surface has about 560, and 20000 without loss. */
const PIXELS_A_BYTE = 4096;

/** Decodes a WebP, or the first picture of an animation, by the libwebp that PIL has, in the way in which PIL calls it. */
export async function decodeWebp(file: Uint8Array): Promise<DecodedImage> {
  const pieces: Uint8Array[] = [];
  const image = await withCodec(
    'webp',
    'WebP',
    file,
    rows => pieces.push(rows.slice()),
    ({ size, decode, memory }: WebpCodec, at) => {
      const found = size(at, file.length);
      if (found === 0) return;
      const [width, height] = [...new Uint32Array(memory.buffer, found, 2)] as [number, number];
      checkSize(width, height);
      checkLength(file, width, height, PIXELS_A_BYTE);
      const channels = decode(at, file.length);
      return channels === 0 ? undefined : { width, height, channels };
    },
  );
  if (!image) throw new Error('the WebP data is broken or ends too early');
  return { ...image, data: Buffer.concat(pieces) };
}
