import type { Listing } from '../data/dataframe.js';
import { type DirectoryImageDataGenerator, type DirectoryOptions, imageDataGenerator } from '../data/directory.js';
import type { ImageIterator, ImageSet } from '../data/iterator.js';
import { type LoadOptions, loadImages } from '../data/load.js';
import { plain } from '../data/plain.js';
import { Progbar } from '../nn/progress.js';
import { pathsOfArguments } from '../node/names.js';
import { note } from '../node/terminal.js';
import { classModeOf } from './classes.js';
import { inClassOrder, type LabelOptions, listLabelled } from './labels.js';
import { classesFor, type UsedModel } from './use.js';
import { countsOf, perClass } from './words.js';

/** How a folder's images are read: by their subfolders, or as a table lists them. */
export interface ReadFolderOptions extends Omit<DirectoryOptions, 'classMode' | 'classes'> {
  readonly classMode: 'categorical' | 'binary' | 'sparse';
  /** In the order of the model's outputs. */
  readonly classes: readonly string[];
  readonly listing?: Listing | undefined;
}

/** Reads a folder of classes and says what was found, as Keras does, and what was left out. `print` writes lines for people. */
export async function readFolder(
  generator: DirectoryImageDataGenerator,
  folder: string,
  { listing, ...options }: ReadFolderOptions,
  print: (line: string) => void,
): Promise<ImageIterator> {
  let bar: Progbar | undefined;
  const onProgress = (done: number, total: number): void => {
    options.onProgress?.(done, total);
    if (!process.stderr.isTTY) return;
    if (!bar) note(`Reading ${folder}`);
    bar ??= new Progbar(total, { write: text => process.stderr.write(text), verbose: 1, dynamic: true });
    bar.update(done, {}, done === total);
  };
  const onNote = (message: string): void => note(`${folder}: ${message}`);
  const all = { onNote, ...options, onProgress };
  const { iterator, broken, ignored } = listing
    ? { ...(await generator.readListing(inClassOrder(listing, options.classes), folder, all)), ignored: 0 }
    : await generator.readDirectory(folder, all);
  print(`Found ${iterator.samples} images belonging to ${iterator.classNames.length} classes.`);
  const counts = countsOf(iterator);
  print(`  ${perClass(iterator.classNames, counts)}`);
  if (ignored > 0) note(`${folder}: ${ignored} file${ignored === 1 ? ' is' : 's are'} no png, jpg, jpeg or bmp and left out.`);
  if (broken.length > 0) {
    note(`${folder}: ${broken.length} broken image${broken.length === 1 ? '' : 's'} left out:`);
    for (const { path, reason } of broken) note(`  ${plain(path)}: ${reason}`);
  }
  const part = options.subset === undefined ? '' : ` in the ${options.subset} part`;
  for (const [index, name] of iterator.classNames.entries())
    if (counts[index] === 0) note(`${folder}: class '${plain(name)}' has no images${part}.`);
  return iterator;
}

/** Reads a folder of classes in its order for a model, as it was trained to see images. Throws where the classes are not the model's. */
export async function readFolderFor(
  used: UsedModel,
  folder: string,
  {
    labels,
    fileColumn,
    labelColumn,
    ...options
  }: Pick<DirectoryOptions, 'batchSize' | 'skipBroken' | 'onProgress' | 'memory' | 'cacheSize'> & LabelOptions,
): Promise<{ readonly data: ImageIterator; readonly classes: readonly string[] }> {
  const { model } = used.checkpoint;
  const [height, width] = model.inputShape as [number, number];
  const { classNames, listing } = await listLabelled(folder, { labels, fileColumn, labelColumn });
  const classes = classesFor(used, labels ?? folder, classNames, listing !== undefined);
  const given = {
    ...options,
    targetSize: [height, width],
    colorMode: used.colorMode,
    shuffle: false,
    classes,
    listing,
    classMode: classModeOf(model),
  } as const;
  return { data: await readFolder(imageDataGenerator({ rescale: used.rescale }), folder, given, note), classes };
}

/** Reads image files at the size of a model; says which could not be read. Throws where none could. */
export async function readFiles(
  { checkpoint: { model }, colorMode }: UsedModel,
  files: readonly string[],
  options: Pick<LoadOptions, 'skipBroken' | 'memory' | 'cacheSize'>,
): Promise<ImageSet> {
  const [height, width, channels] = model.inputShape as [number, number, number];
  const paths = await pathsOfArguments(files);
  const { pixels, read, broken } = await loadImages(paths, { height, width, colorMode }, { onNote: note, ...options });
  for (const { path, reason } of broken) note(`${plain(path)}: ${reason}`);
  const filenames = paths.filter((_, i) => read[i]);
  if (filenames.length === 0) throw new Error('none of the files could be read');
  return { pixels, height, width, channels, classes: filenames.map(() => 0), classNames: [], filenames };
}
