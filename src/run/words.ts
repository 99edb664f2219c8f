import { plain } from '../data/plain.js';

/** Names that a message shows at most. */
const MOST_NAMES = 20;

/** Names for a message. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map(name => `'${plain(name)}'`);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Throws where the classes of `folder` are not those of `other`, a folder or a checkpoint, in the same order. */
export function checkClasses(folder: string, classes: readonly string[], other: string, wanted: readonly string[]): void {
  if (classes.length === wanted.length && classes.every((name, i) => name === wanted[i])) return;
  throw new Error(`${folder} has the classes ${listed(classes)}; wanted those of ${other}: ${listed(wanted)}`);
}

/** Throws where a table has classes that `other` has not. Those without rows are in no table. */
export function checkKnown(table: string, classes: readonly string[], other: string, known: readonly string[]): void {
  const unknown = classes.filter(name => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${table} has the classes ${listed(unknown)}; wanted those of ${other}: ${listed(known)}`);
}

/** How many images there are of each class. */
export function countsOf({
  classes,
  classNames,
}: {
  readonly classes: readonly number[];
  readonly classNames: readonly string[];
}): number[] {
  const counts = classNames.map(() => 0);
  for (const label of classes) counts[label]! += 1;
  return counts;
}

/** Each class with a number, for a message. */
export function perClass(names: readonly string[], values: readonly (number | string)[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name, i) => `${plain(name)} ${values[i]}`);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
