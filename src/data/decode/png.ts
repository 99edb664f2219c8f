import type { DecodedImage } from './image.js';

export async function decodePng(file: Uint8Array): Promise<DecodedImage> {
  const { PNG } = await import('pngjs');
  const bits = file[24];
  // 16-bit values come as they are: PIL cuts those of grey images off at 255 and takes the high byte of all others.
  const { width, height, data, color } = PNG.sync.read(Buffer.from(file), { skipRescale: bits === 16 });
  if (bits !== 16) return { width, height, channels: 4, data };
  const isGrey = !color && file[25] === 0;
  const values = data as unknown as Uint16Array;
  return { width, height, channels: 4, data: Uint8Array.from(values, value => (isGrey ? Math.min(value, 255) : value >> 8)) };
}
