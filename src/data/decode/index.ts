import { decodeBmp } from './bmp.js';
import type { DecodedImage } from './image.js';
import { decodeJpeg } from './jpeg.js';
import { decodePng } from './png.js';
import { decodeWebp } from './webp.js';

type Format = 'JPEG' | 'PNG' | 'WebP' | 'BMP' | 'PPM' | 'TIFF' | 'GIF' | 'unknown';

/** Bytes at the start of a file, or further on, that tell its format. */
const SIGNATURES: readonly { readonly format: Format; readonly bytes: string; readonly at?: number }[] = [
  { format: 'JPEG', bytes: '\xff\xd8\xff' },
  { format: 'PNG', bytes: '\x89PNG' },
  { format: 'WebP', bytes: 'WEBP', at: 8 },
  { format: 'BMP', bytes: 'BM' },
  { format: 'GIF', bytes: 'GIF8' },
  { format: 'TIFF', bytes: 'II*\0' },
  { format: 'TIFF', bytes: 'MM\0*' },
  { format: 'PPM', bytes: 'P6' },
  { format: 'PPM', bytes: 'P3' },
];

/** What a file is, by its first bytes: names lie. */
export function formatOf(file: Uint8Array): Format {
  const head = String.fromCharCode(...file.subarray(0, 16));
  return SIGNATURES.find(({ bytes, at = 0 }) => head.startsWith(bytes, at))?.format ?? 'unknown';
}

/** Decodes an image file to the bytes that PIL gives. Throws, saying what is wrong, where the file is broken or of a kind that isn't read. */
export async function decodeImage(file: Uint8Array): Promise<DecodedImage> {
  const format = formatOf(file);
  switch (format) {
    case 'JPEG':
      return decodeJpeg(file);
    case 'PNG':
      return decodePng(file);
    case 'WebP':
      return decodeWebp(file);
    case 'BMP':
      return decodeBmp(file);
    case 'unknown':
      throw new Error(file.length === 0 ? 'the file is empty' : 'it is no image (JPEG, PNG, WebP or BMP)');
    default:
      throw new Error(`it is a ${format} file, which is not read; convert it to PNG or JPEG`);
  }
}
