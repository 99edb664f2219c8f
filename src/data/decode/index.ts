import { decodeBmp } from './bmp.js';
import { formatOf, refusalOf } from './format.js';
import { decodeGif } from './gif.js';
import type { DecodedImage } from './image.js';
import { decodeJpeg } from './jpeg.js';
import { decodePng } from './png.js';
import { decodePnm } from './pnm.js';
import { decodeTiff } from './tiff.js';
import { decodeWebp } from './webp.js';

const DECODERS: Readonly<Record<string, (file: Uint8Array) => DecodedImage | Promise<DecodedImage>>> = {
  BMP: decodeBmp,
  GIF: decodeGif,
  JPEG: decodeJpeg,
  PNG: decodePng,
  PPM: decodePnm,
  TIFF: decodeTiff,
  WebP: decodeWebp,
};

/** Decodes an image file to the bytes that PIL gives. Throws, saying what is wrong, where the file is broken or of a kind that isn't read. */
export async function decodeImage(file: Uint8Array): Promise<DecodedImage> {
  const decode = DECODERS[formatOf(file) ?? ''];
  if (!decode) throw new Error(refusalOf(file));
  return decode(file);
}
