import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { syntheticFace } from '../data/synthetic.js';
import { RandomState } from '../engine/random.js';
import { writeError } from '../node/errors.js';
import { makeFolder } from '../node/files.js';
import { FACE_CLASSES, pictureName, validationOf } from './sample.js';

export interface FaceFolders {
  readonly train: string;
  readonly validation: string;
}

export interface DrawOptions {
  /** Pictures per class to learn from. */
  readonly images: number;
  readonly seed: number;
  /** Height and width. */
  readonly size: number;
  /** Told after each picture: how many of its folder are drawn. */
  readonly onProgress?: ((folder: string, done: number, total: number) => void) | undefined;
}

/** Draws two folders of faces with and without masks: `images` a class to learn from, and others to judge by. */
export async function drawFaceFolders({ train, validation }: FaceFolders, options: DrawOptions): Promise<void> {
  await draw(train, options);
  await draw(validation, { ...options, ...validationOf(options) });
}

/** Draws `images` pictures of each class into class folders. */
async function draw(folder: string, { images, seed, size, onProgress }: DrawOptions): Promise<void> {
  const random = new RandomState(seed % 2 ** 32);
  for (const [half, name] of FACE_CLASSES.entries()) {
    const names = Array.from({ length: images }, (_, i) => pictureName(i));
    await pictureFolder(join(folder, name), names);
    for (const [i, picture] of names.entries()) {
      const { width, height, data } = syntheticFace(random, half === 0, size);
      const png = new PNG({ width, height, colorType: 2, inputColorType: 2 });
      png.data = Buffer.from(data);
      await write(join(folder, name, picture), PNG.sync.write(png, { colorType: 2, inputColorType: 2, inputHasAlpha: false }));
      onProgress?.(folder, half * images + i + 1, 2 * images);
    }
  }
}

/** Makes a folder for files of these names; pictures of other sources or runs in it would be learned from as well, so they are refused. */
async function pictureFolder(folder: string, names: readonly string[]): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw writeError(folder, error);
  }
  const other = (await readdir(folder)).find(file => !names.includes(file));
  if (other !== undefined) throw new Error(`${folder} has another file, ${other}: delete the folder, or give another with --out`);
}

async function write(path: string, content: Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw writeError(path, error);
  }
}
