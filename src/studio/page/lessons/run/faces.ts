import { drawnFaces } from '../../../../data/drawn_faces.js';
import type { ImageSet } from '../../../../data/iterator.js';
import { SIZE } from './tiny_config.js';

const drawn = new Map<string, ImageSet>();

/** Faces of the runs' size, drawn once. */
export function tinyFaces(count: number, seed: number): ImageSet {
  const key = `${count} ${seed}`;
  const set = drawn.get(key) ?? drawnFaces(count, SIZE, seed);
  drawn.set(key, set);
  return set;
}
