import { readFileSync, type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readReason } from '../node/errors.js';
import { pathToOpen } from '../node/names.js';
import { readWhole } from '../node/read.js';
import { decodeImage } from './decode/index.js';
import { type ColorMode, fitImage, type Interpolation } from './resize.js';

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
export async function loadFile(path: string, target: ImageTarget): Promise<Uint8Array> {
  return decodeFile(await readImage(path), target);
}

/** A file's bytes. Pipes, sockets and devices are refused: one that lies in a folder may never end, or never begin. */
export async function readImage(path: string): Promise<Uint8Array> {
  const found = await stat(pathToOpen(path)).catch(error => {
    throw new Error(readReason(error), { cause: error });
  });
  checkKind(found);
  return readWhole(path);
}

/** As readImage, while the thread waits. */
export function readImageNow(path: string): Uint8Array {
  const opened = pathToOpen(path);
  try {
    checkKind(statSync(opened));
    return readFileSync(opened);
  } catch (error) {
    throw new Error(readReason(error), { cause: error });
  }
}

function checkKind(found: Stats): void {
  if (found.isFIFO() || found.isSocket()) throw new Error('it is a pipe, wanted a file');
  if (found.isCharacterDevice() || found.isBlockDevice()) throw new Error('it is a device, wanted a file');
}

export async function decodeFile(
  file: Uint8Array,
  { colorMode, interpolation, keepAspectRatio, ...size }: ImageTarget,
): Promise<Uint8Array> {
  return fitImage(await decodeImage(file), colorMode, size, interpolation, keepAspectRatio).data;
}
