import type { ImageSet } from '../../../../data/iterator.js';
import { MemoryPixels } from '../../../../data/pixels.js';
import { syntheticFace } from '../../../../data/synthetic.js';
import { RandomState } from '../../../../engine/random.js';
import { SIZE } from './tiny_config.js';

const drawn = new Map<string, ImageSet>();

/** Faces, by turns with a mask (class 0) and without (class 1). Drawn once. */
export function drawnFaces(count: number, seed: number): ImageSet {
  const key = `${count} ${seed}`;
  let set = drawn.get(key);
  if (!set) {
    set = draw(count, seed);
    drawn.set(key, set);
  }
  return set;
}

function draw(count: number, seed: number): ImageSet {
  const random = new RandomState(seed);
  const classes = Array.from({ length: count }, (_, i) => i % 2);
  const bytes = new Uint8Array(count * SIZE * SIZE * 3);
  for (const [i, label] of classes.entries()) bytes.set(syntheticFace(random, label === 0, SIZE).data, i * SIZE * SIZE * 3);
  return {
    pixels: new MemoryPixels(bytes, SIZE * SIZE * 3),
    height: SIZE,
    width: SIZE,
    channels: 3,
    classes,
    classNames: ['with_mask', 'without_mask'],
    filenames: classes.map((label, i) => `${label === 0 ? 'with' : 'without'}_mask/${i}`),
  };
}
