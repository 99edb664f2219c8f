import type { DecodedImage } from './image.js';
import { exactBuffer, type Init, wasmOf } from './wasm.js';

let jpeg: { readonly decode: (file: ArrayBuffer) => Promise<ImageData>; readonly warnings: string[] } | undefined;
let jpegWasm: Promise<WebAssembly.Module> | undefined;

/** libjpeg-turbo's decoder in WebAssembly: the very bytes of PIL. */
export async function decodeJpeg(file: Uint8Array): Promise<DecodedImage> {
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
export function jpegComponents(file: Uint8Array): number {
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
export async function decodeCmyk(file: Uint8Array): Promise<DecodedImage> {
  const { default: jpegJs } = await import('jpeg-js');
  const { width, height, data } = jpegJs.decode(file, { useTArray: true, tolerantDecoding: false });
  return { width, height, channels: 4, data };
}
