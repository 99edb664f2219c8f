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

/** Of each picture, whether it is in the part to judge by. Where it is drawn, all rows of a file are on one side. */
export function validationOf(
  { filenames, classes, classNames }: Omit<ListedFolder, 'ignored'>,
  { share, seed }: Split,
): readonly boolean[] {
  const rows: number[][] = classNames.map(() => []);
  for (const [row, label] of classes.entries()) rows[label]!.push(row);
  if (seed === undefined) {
    const first = new Set(rows.flatMap(own => own.slice(0, Math.trunc(share * own.length))));
    return filenames.map((_, row) => first.has(row));
  }
  // Windows separates folders by a backslash: the same pictures are drawn there.
  const names = filenames.map(name => name.replaceAll('\\', '/'));
  const taken = new Set(rows.flatMap(own => drawn([...new Set(own.map(row => names[row]!))], share, seed)));
  return names.map(name => taken.has(name));
}

/**
 * Files of one class: the share, rounded, that the seed puts first, at least one and never all where there are two or more. A file's place comes from its name and the seed: where
 * pictures are added later, most others stay on their side.
 */
function drawn(names: readonly string[], share: number, seed: number): readonly string[] {
  if (names.length < 2) return [];
  const count = Math.min(Math.max(Math.round(share * names.length), 1), names.length - 1);
  const places = new Map(names.map(name => [name, bytesToHex(sha256(utf8ToBytes(`${seed}\0${name}`)))]));
  return names.toSorted((a, b) => (places.get(a)! < places.get(b)! ? -1 : 1)).slice(0, count);
}
