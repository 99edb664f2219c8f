import { isAbsolute, join } from 'node:path';
import type { ImageSet } from '../data/iterator.js';
import { nearDuplicates, withoutImages } from '../data/near_duplicates.js';
import { plain } from '../data/plain.js';
import { note } from '../nn/notes.js';
import type { TrainOptions } from './options.js';
import { countsOf, listed, perClass } from './words.js';

/** Pairs that are named. */
const MOST_PAIRS = 10;

/**
 * Tells which images a run is judged by are near-duplicates of those that it learns from; the images to judge by, with --drop-duplicates without them. `print` writes lines for people. Pictures
 * that memory does not hold are only looked at where it is asked for: all have to be decoded before the first step.
 */
export async function withoutDuplicates(
  training: ImageSet,
  validation: ImageSet,
  options: Pick<TrainOptions, 'train' | 'validation' | 'dropDuplicates'>,
  print: (line: string) => void,
): Promise<ImageSet> {
  const { train, validation: judged = train, dropDuplicates } = options;
  if (!dropDuplicates && !(training.signatures && validation.signatures)) {
    note('Near-duplicates are not looked for, as memory does not hold all images: --drop-duplicates does, before the first step.');
    return validation;
  }
  const found = await nearDuplicates(training, validation);
  const count = validation.filenames.length;
  if (found.length === 0) {
    print('No image to judge by is a near-duplicate of one to learn from.');
    return validation;
  }
  const are = found.length === 1 ? 'is a near-duplicate' : 'are near-duplicates';
  const todo = dropDuplicates ? 'left out' : 'what the run is judged by flatters it. --drop-duplicates leaves them out';
  note(`${found.length} of ${count} images to judge by ${are} of images to learn from: ${todo}. The nearest:`);
  const name = (folder: string, { filenames }: ImageSet, row: number): string =>
    plain(isAbsolute(filenames[row]!) ? filenames[row]! : join(folder, filenames[row]!));
  for (const { validation: row, training: other } of found.slice(0, MOST_PAIRS)) {
    note(`  ${name(judged, validation, row)} = ${name(train, training, other)}`);
  }
  if (!dropDuplicates) return validation;
  if (found.length === count) throw new Error(`--drop-duplicates leaves no images to judge by of the ${count} of ${judged}: give others`);
  const rest = withoutImages(
    validation,
    found.map(({ validation: row }) => row),
  );
  const counts = countsOf(rest);
  print(`Left to judge by are ${rest.filenames.length} images: ${perClass(rest.classNames, counts)}`);
  const emptied = rest.classNames.filter((_, i) => counts[i] === 0);
  if (emptied.length > 0) note(`Nothing is left to judge by of ${emptied.length === 1 ? 'class' : 'the classes'} ${listed(emptied)}.`);
  return rest;
}
