import { readWhole } from '../node/read.js';
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
  const image = await decodeImage(await readWhole(path));
  return resize(convertColor(image, colorMode), size, interpolation, keepAspectRatio).data;
}
