import type { TurboModule } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import type { DecodedImage } from './image.js';
import { wasmModule } from './wasm.js';

/** Memory from which on an instance is not used again: it never shrinks. */
const MOST_MEMORY = 128 << 20;

let kept: TurboModule | undefined;

async function newInstance(): Promise<TurboModule> {
  const module = await wasmModule('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm');
  const { default: create } = await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs');
  return create({
    instantiateWasm(imports, done) {
      done(new WebAssembly.Instance(module, imports));
      return {};
    },
    printErr() {},
  });
}

/**
 * Decodes a JPEG of grey or three colours by libjpeg-turbo. Returns undefined where it finds anything wrong, or has no memory for it. A file has the codec for itself, as
 * nothing waits while it works, and after an error the instance is given up.
 */
export async function decodeByTurbo(file: Uint8Array, width: number, height: number, channels: 1 | 3): Promise<DecodedImage | undefined> {
  const turbo = kept ?? (await newInstance());
  kept = undefined;
  let data: Uint8Array;
  try {
    const decoder = new turbo.JPEGDecoder();
    decoder.getEncodedBuffer(file.length).set(file);
    decoder.decode();
    data = decoder.getDecodedBuffer().slice();
    decoder.delete();
  } catch {
    // What it throws has no words; there is another to say them.
    return;
  }
  if (turbo.HEAPU8.length <= MOST_MEMORY) kept = turbo;
  return data.length === width * height * channels ? { width, height, channels, data } : undefined;
}
