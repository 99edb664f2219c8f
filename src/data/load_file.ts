import { readFile } from 'node:fs/promises';
import { decodeImage } from './decode.js';
import { CHANNELS, type ColorMode, convertColor, resizeNearest } from './resize.js';

/** The size and colours that images are brought to. */
export interface ImageTarget {
  readonly height: number;
  readonly width: number;
  readonly colorMode: ColorMode;
}

/** An image file as Keras' load_img gives it: bytes [height, width, channels]. Throws what is wrong, without the file's name. */
export async function loadFile(path: string, { height, width, colorMode }: ImageTarget): Promise<Uint8Array> {
  const image = await decodeImage(await readFile(path));
  const from = { width: image.width, height: image.height, channels: CHANNELS[colorMode] };
  return resizeNearest(convertColor(image, colorMode), from, { width, height });
}
