import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { fields, list, shown, text, whole } from '../nn/json.js';
import type { Listing } from './dataframe.js';

/** What a checkpoint keeps of the pictures of a run: enough to tell others from them, not which they were. */
export interface PictureList {
  /** How many there are of each class; of pictures without classes, how many there are. */
  readonly classes: readonly number[];
  /** SHA-256 of the pictures' names and classes, and of numbers and weights where a table has them, in their order. */
  readonly digest: string;
}

export const readPictureList = fields<PictureList>({ classes: list(whole()), digest: text });

/** Thrown where a run is to go on with other pictures than it had. */
export class OtherPicturesError extends Error {}

export function pictureList({ filenames, classes, classNames, targets, weights }: Omit<Listing, 'paths'>): PictureList {
  const hash = sha256.create();
  // Pictures that have no classes are counted as of one.
  const counts = (classNames.length === 0 ? ['all'] : classNames).map(() => 0);
  for (const [i, name] of filenames.entries()) {
    // Windows separates folders by a backslash: the same pictures are the same there.
    hash.update(utf8ToBytes(`${name.replaceAll('\\', '/')}\0${classes[i]}\n`));
    if (targets || weights) hash.update(utf8ToBytes(`${targets?.[i]?.join() ?? ''};${weights?.[i] ?? ''}\n`));
    if (classes[i]! < counts.length) counts[classes[i]!]! += 1;
  }
  return { classes: counts, digest: bytesToHex(hash.digest()) };
}

/** Throws where the pictures that there are now are not those of `before`. */
export function checkSamePictures(before: PictureList, now: PictureList, classNames: readonly string[]): void {
  if (before.digest === now.digest) return;
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const changed = classNames.flatMap((name, i) => {
    const more = now.classes[i]! - (before.classes[i] ?? 0);
    return more === 0 ? [] : [`${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'} of class ${shown(name)}`];
  });
  const sameCounts = classNames.length > 0 ? 'as many of each class, but ' : '';
  throw new OtherPicturesError(
    `the run had ${total(before.classes)} pictures, there are ${total(now.classes)} now: ${
      changed.length > 0 ? changed.join(', ') : `${sameCounts}some with other names or labels, or in another order`
    }`,
  );
}
