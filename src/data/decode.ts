import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** An image's bytes, row by row, with 1 (grey), 3 (RGB) or 4 (RGBA) channels. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

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
      return jpegComponents(file) === 4 ? decodeCmyk(file) : decodeJpeg(file);
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

const require = createRequire(import.meta.url);

/** A module of a @jsquash package; their loaders look for the .wasm with fetch, which knows no files. */
async function wasmOf(path: string): Promise<WebAssembly.Module> {
  const [scope, name, ...file] = path.split('/');
  const root = dirname(require.resolve(`${scope}/${name}/package.json`));
  return WebAssembly.compile(await readFile(join(root, ...file)));
}

/** What the packages' init takes; their types leave out the first argument. */
type Init = (wasm: WebAssembly.Module, options?: { readonly printErr: (line: string) => void }) => Promise<void>;

const exactBuffer = (file: Uint8Array): ArrayBuffer => new Uint8Array(file).buffer;

let jpeg: { readonly decode: (file: ArrayBuffer) => Promise<ImageData>; readonly warnings: string[] } | undefined;
let jpegWasm: Promise<WebAssembly.Module> | undefined;

/** libjpeg-turbo's decoder in WebAssembly: the very bytes of PIL. */
async function decodeJpeg(file: Uint8Array): Promise<DecodedImage> {
  if (!jpeg) {
    const { default: decode, init } = await import('@jsquash/jpeg/decode.js');
    jpegWasm ??= wasmOf('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
    const warnings: string[] = [];
    await (init as Init)(await jpegWasm, { printErr: line => warnings.push(line) });
    jpeg = { decode, warnings };
  }
  const { decode, warnings } = jpeg;
  warnings.length = 0;
  let image: ImageData;
  try {
    image = await decode(exactBuffer(file));
  } catch (error) {
    // After an error the module is unusable.
    jpeg = undefined;
    throw new Error(`the JPEG data is broken: ${warnings[0] ?? (error as Error).message}`);
  }
  // The decoder only warns and fills up with grey; PIL refuses.
  if (warnings.some(line => line.includes('Premature end'))) throw new Error('the JPEG data ends too early: the file is cut short');
  return { width: image.width, height: image.height, channels: 4, data: image.data };
}

/** Colour components that a JPEG's frame header declares; 0 where it has none. */
function jpegComponents(file: Uint8Array): number {
  let at = 2;
  while (at + 9 < file.length && file[at] === 0xff) {
    const marker = file[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return file[at + 9]!;
    at += marker === 0xff ? 1 : 2 + file[at + 2]! * 256 + file[at + 3]!;
  }
  return 0;
}

/** Four-component JPEG, which the WebAssembly decoder refuses. */
async function decodeCmyk(file: Uint8Array): Promise<DecodedImage> {
  const { default: jpegJs } = await import('jpeg-js');
  const { width, height, data } = jpegJs.decode(file, { useTArray: true, tolerantDecoding: false });
  return { width, height, channels: 4, data };
}

async function decodePng(file: Uint8Array): Promise<DecodedImage> {
  const { PNG } = await import('pngjs');
  const bits = file[24];
  // 16-bit values come as they are: PIL cuts those of grey images off at 255 and takes the high byte of all others.
  const { width, height, data, color } = PNG.sync.read(Buffer.from(file), { skipRescale: bits === 16 });
  if (bits !== 16) return { width, height, channels: 4, data };
  const isGrey = !color && file[25] === 0;
  const values = data as unknown as Uint16Array;
  return { width, height, channels: 4, data: Uint8Array.from(values, value => (isGrey ? Math.min(value, 255) : value >> 8)) };
}

let webp: ((file: ArrayBuffer) => Promise<ImageData>) | undefined;

async function decodeWebp(file: Uint8Array): Promise<DecodedImage> {
  if (!webp) {
    const { default: decode, init } = await import('@jsquash/webp/decode.js');
    await (init as Init)(await wasmOf('@jsquash/webp/codec/dec/webp_dec.wasm'));
    webp = decode;
  }
  const { width, height, data } = await webp(exactBuffer(file)).catch(() => {
    webp = undefined;
    throw new Error('the WebP data is broken');
  });
  return { width, height, channels: 4, data };
}

async function decodeBmp(file: Uint8Array): Promise<DecodedImage> {
  const { decode } = await import('@cwasm/nsbmp');
  try {
    const { width, height, data } = decode(file);
    return { width, height, channels: 4, data };
  } catch {
    throw new Error('the BMP data is broken or of a kind that is not read');
  }
}
