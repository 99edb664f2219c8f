import type { DecodedImage } from './image.js';

export async function decodeBmp(file: Uint8Array): Promise<DecodedImage> {
  const { decode } = await import('@cwasm/nsbmp');
  try {
    const { width, height, data } = decode(file);
    return { width, height, channels: 4, data };
  } catch {
    throw new Error('the BMP data is broken or of a kind that is not read');
  }
}
