import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DirectoryImageDataGenerator } from '../src/data/directory.js';
import { imageDataGenerator } from '../src/data/directory.js';
import { drawnFaces } from '../src/data/drawn_faces.js';
import type { ImageIterator, ImageSet } from '../src/data/iterator.js';
import { MemoryPixels, readPixels } from '../src/data/pixels.js';
import { packageRoot } from '../src/node/paths.js';

/** The photographs of the face-mask data, in train/, val/ and test/: WGRAD_SHARED, or ../shared beside the project; none where they are not. */
export const photographs: string | undefined = [process.env.WGRAD_SHARED, join(packageRoot, '..', 'shared')]
  .map(folder => folder && join(resolve(folder), 'data', 'face-mask'))
  .find(folder => folder && existsSync(folder));

/** The face-mask data's size: 132 batches of 10, and 20 of its test photographs. */
const COUNTS = { train: 1315, test: 194 } as const;

const SIZE = 150;

/** Batches of the face-mask data's photographs, or of as many drawn faces where they are not here. `limit`: at most so many images. */
export async function faces(
  generator: DirectoryImageDataGenerator,
  part: 'train' | 'test',
  { batchSize, shuffle, limit = Infinity }: { readonly batchSize: number; readonly shuffle: boolean; readonly limit?: number },
): Promise<ImageIterator> {
  const all = photographs
    ? (await imageDataGenerator().flowFromDirectory(join(photographs, part), { targetSize: [SIZE, SIZE] })).images
    : drawnFaces(Math.min(COUNTS[part], limit), SIZE, part === 'train' ? 1 : 2);
  return generator.flow(await take(all, limit), { batchSize, shuffle });
}

/** The first images of a set. */
async function take(images: ImageSet, limit: number): Promise<ImageSet> {
  const { pixels, classes, filenames } = images;
  const rows = classes.slice(0, limit).map((_, i) => i);
  const taken = new MemoryPixels(await readPixels(pixels, rows), pixels.size);
  return { ...images, pixels: taken, classes: classes.slice(0, taken.count), filenames: filenames.slice(0, taken.count) };
}
