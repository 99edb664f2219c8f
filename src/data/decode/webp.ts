import type { DecodedImage } from './image.js';
import { exactBuffer, type Init, wasmOf } from './wasm.js';

let webp: ((file: ArrayBuffer) => Promise<ImageData>) | undefined;

export async function decodeWebp(file: Uint8Array): Promise<DecodedImage> {
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
