import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ListedFolder } from './folder.js';

export type Subset = 'training' | 'validation';

/** How pictures are parted into those to learn from and those to judge by. */
export interface Split {
  /** Of each class, the share to judge by. */
  readonly share: number;
  /** Draws them by this seed. Without it they are the first of each class, as Keras has it. */
  readonly seed?: number | undefined;
}

/** The pictures of one part, in the order that they were in. */
export function subsetOf(listed: ListedFolder, split: Split, subset: Subset): ListedFolder {
  const isValidation = validationOf(listed, split);
  const keep = (_: unknown, row: number): boolean => isValidation[row] === (subset === 'validation');
  return { ...listed, filenames: listed.filenames.filter(keep), classes: listed.classes.filter(keep) };
}

/** Of each picture, whether it is in the part to judge by. */
export function validationOf(
  { filenames, classes, classNames }: Omit<ListedFolder, 'ignored'>,
  { share, seed }: Split,
): readonly boolean[] {
  const rows: number[][] = classNames.map(() => []);
  for (const [row, label] of classes.entries()) rows[label]!.push(row);
  const isValidation = filenames.map(() => false);
  for (const own of rows) {
    const taken = seed === undefined ? own.slice(0, Math.trunc(share * own.length)) : drawn(own, filenames, share, seed);
    for (const row of taken) isValidation[row] = true;
  }
  return isValidation;
}

/**
 * Rows of one class: the share, rounded, that the seed puts first, at least one and never all where there are two or more. A row's place comes from its name and the seed: where
 * pictures are added later, most others stay on their side.
 */
function drawn(rows: readonly number[], filenames: readonly string[], share: number, seed: number): readonly number[] {
  if (rows.length < 2) return [];
  const count = Math.min(Math.max(Math.round(share * rows.length), 1), rows.length - 1);
  // Windows separates folders by a backslash: the same pictures are drawn there.
  const place = (row: number): string => bytesToHex(sha256(utf8ToBytes(`${seed}\0${filenames[row]!.replaceAll('\\', '/')}`)));
  const places = new Map(rows.map(row => [row, place(row)]));
  return rows.toSorted((a, b) => (places.get(a)! < places.get(b)! ? -1 : 1)).slice(0, count);
}
