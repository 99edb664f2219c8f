import { RandomState } from '../engine/random.js';
import type { ImageSet } from './iterator.js';
import { MemoryPixels } from './pixels.js';
import { syntheticFace } from './synthetic.js';

/** Faces of `size` x `size` pixels in memory, by turns with a mask (class 0) and without (class 1). */
export function drawnFaces(count: number, size: number, seed: number): ImageSet {
  const random = new RandomState(seed);
  const classes = Array.from({ length: count }, (_, i) => i % 2);
  const bytes = new Uint8Array(count * size * size * 3);
  for (const [i, label] of classes.entries()) bytes.set(syntheticFace(random, label === 0, size).data, i * size * size * 3);
  return {
    pixels: new MemoryPixels(bytes, size * size * 3),
    height: size,
    width: size,
    channels: 3,
    classes,
    classNames: ['with_mask', 'without_mask'],
    filenames: classes.map((label, i) => `${label === 0 ? 'with' : 'without'}_mask/${i}`),
  };
}
