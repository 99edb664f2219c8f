import { readFile } from 'node:fs/promises';
import { readReason } from '../node/errors.js';
import { decodeImage } from './decode/index.js';
import { type ColorMode, convertColor, type Interpolation, resize } from './resize.js';

/** The size and colours that images are brought to. */
export interface ImageTarget {
  readonly height: number;
  readonly width: number;
  readonly colorMode: ColorMode;
  /** Default 'nearest'. */
  readonly interpolation?: Interpolation | undefined;
  /** Cut to the wanted proportions instead of distorting. Default false. */
  readonly keepAspectRatio?: boolean | undefined;
}

/** An image file as Keras' load_img gives it: bytes [height, width, channels]. Throws what is wrong, without the file's name. */
export async function loadFile(
  path: string,
  { colorMode, interpolation = 'nearest', keepAspectRatio, ...size }: ImageTarget,
): Promise<Uint8Array> {
  const file = await readFile(path).catch(error => {
    throw new Error(readReason(error), { cause: error });
  });
  const image = await decodeImage(file);
  return resize(convertColor(image, colorMode), size, interpolation, keepAspectRatio).data;
}
