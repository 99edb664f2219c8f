import { join } from 'node:path';
import { checkImagesFit } from '../node/memory.js';
import { type DataframeClassMode, type Listing, type ListingOptions, listTable } from './dataframe.js';
import { listFolder } from './folder.js';
import { DEFAULT_BATCH_SIZE, type FlowOptions, ImageDataGenerator, type ImageDataGeneratorOptions } from './generator.js';
import type { ImageIterator } from './iterator.js';
import { type LoadOptions, loadImages } from './load.js';
import { CHANNELS, type ColorMode, type Interpolation } from './resize.js';
import { type Split, type Subset, subsetOf, validationOf } from './split.js';
import { type Row, readTable, tableOf } from './table.js';

export interface DirectoryOptions extends FlowOptions, LoadOptions {
  /** [height, width]; default [256, 256]. */
  readonly targetSize?: readonly [number, number];
  readonly colorMode?: ColorMode;
  /** Default 'nearest'. */
  readonly interpolation?: Interpolation;
  readonly keepAspectRatio?: boolean;
  /** Which subfolders, in which order; default all, sorted. */
  readonly classes?: readonly string[];
  readonly followLinks?: boolean;
  /** Which part of each class, with the generator's validationSplit. */
  readonly subset?: Subset | undefined;
}

/** Of a table: where it is and what its columns are, and how its images are read. */
export interface DataframeOptions extends Omit<DirectoryOptions, 'classMode' | 'classes' | 'followLinks'>, ListingOptions {
  /** Default 'categorical'. */
  readonly classMode?: DataframeClassMode;
}

/** Batches of a table's images. */
export interface DataframeIterator extends Omit<DirectoryIterator, 'ignored'> {
  /** What Keras prints: how many images were found, and of how many classes. */
  readonly found: string;
}

/** Batches of a folder's images. */
export interface DirectoryIterator {
  readonly iterator: ImageIterator;
  /** Files that could not be read and were left out. */
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
  /** Files of other kinds beside the images. */
  readonly ignored: number;
}

/** An ImageDataGenerator that reads folders. */
export class DirectoryImageDataGenerator extends ImageDataGenerator {
  /**
   * Batches of the images in a folder that has one subfolder per class. Those that memory may hold are decoded here, once; of others see Pixels: close() the
   * iterator in the end.
   */
  async flowFromDirectory(folder: string, options: DirectoryOptions = {}): Promise<ImageIterator> {
    return (await this.readDirectory(folder, options)).iterator;
  }

  /** As flowFromDirectory, with a report of what was left out. */
  async readDirectory(folder: string, options: DirectoryOptions = {}): Promise<DirectoryIterator> {
    const { subset, classes, followLinks } = options;
    const found = await listFolder(folder, { classes, followLinks });
    const listed = subset ? subsetOf(found, this.#split(subset, 'flowFromDirectory'), subset) : found;
    if (found.filenames.length > 0 && listed.filenames.length === 0) {
      throw new Error(
        `${folder}: a validation split of ${this.options.validationSplit} leaves no ${subset} images of its ${found.filenames.length}: give another share, or more images`,
      );
    }
    if (listed.filenames.length === 0) {
      throw new Error(`${folder} has no images in its ${listed.classNames.length} class folders (looked for png, jpg, jpeg and bmp files)`);
    }
    const paths = listed.filenames.map(name => join(folder, name));
    return { ...(await this.#load({ ...listed, paths }, folder, options)), ignored: listed.ignored };
  }

  /**
   * Batches of the images that a table names, as Keras has them: rows in a list, or a file of CSV, TSV or JSON lines. Rows whose files are missing are left
   * out, with Keras' warning. close() the iterator in the end.
   */
  async flowFromDataframe(table: readonly Row[] | string, options: DataframeOptions = {}): Promise<ImageIterator> {
    return (await this.readDataframe(table, options)).iterator;
  }

  /** As flowFromDataframe, with a report. */
  async readDataframe(table: readonly Row[] | string, options: DataframeOptions = {}): Promise<DataframeIterator> {
    const { classMode = 'categorical', validateFilenames = true } = options;
    const given = typeof table === 'string' ? await readTable(table) : tableOf(table);
    const listed = await listTable(given, options);
    for (const each of listed.notes) (options.onNote ?? process.emitWarning)(each);
    // Numbers of a column are the label whatever classes there are.
    const mode = classMode === 'raw' ? 'sparse' : classMode;
    const { count, ...read } = await this.readListing(listed, given.name, { ...options, classMode: mode });
    const kind = validateFilenames ? 'validated' : 'non-validated';
    const classes = classMode === null || classMode === 'raw' ? '' : ` belonging to ${listed.classNames.length} classes`;
    return { ...read, found: `Found ${count} ${kind} image filenames${classes}.` };
  }

  /** Batches of a table's images that were listed before: with a subset, of `count` of them. `source`: the table's name. */
  async readListing(
    listing: Listing,
    source: string,
    options: Omit<DirectoryOptions, 'classes'>,
  ): Promise<Omit<DirectoryIterator, 'ignored'> & { readonly count: number }> {
    const { subset } = options;
    const listed = subset ? this.#part(listing, subset) : listing;
    const count = listed.filenames.length;
    if (count === 0) {
      const { validationSplit } = this.options;
      throw new Error(`${source}: a validation split of ${validationSplit} leaves no ${subset} images of its ${listing.filenames.length}`);
    }
    return { ...(await this.#load(listed, source, options)), count };
  }

  /** Keras takes the first rows of a table, whatever their class; drawn by a seed, each class gives in proportion. */
  #part(listed: Listing, subset: Subset): Listing {
    const split = this.#split(subset, 'flowFromDataframe');
    const isDrawnByClass = split.seed !== undefined && listed.classNames.length > 0;
    const groups = isDrawnByClass ? listed : { filenames: listed.filenames, classes: listed.classes.map(() => 0), classNames: ['all'] };
    const isValidation = validationOf(groups, split);
    return choose(
      listed,
      isValidation.map(value => value === (subset === 'validation')),
    );
  }

  async #load(listed: Listing, source: string, options: Omit<DirectoryOptions, 'classes'>): Promise<Omit<DirectoryIterator, 'ignored'>> {
    const { targetSize: [height, width] = [256, 256], colorMode = 'rgb', interpolation, keepAspectRatio } = options;
    const { paths } = listed;
    checkImagesFit(Math.min(options.batchSize ?? DEFAULT_BATCH_SIZE, paths.length), { height, width, channels: CHANNELS[colorMode] });
    const { pixels, signatures, read, broken } = await loadImages(
      paths,
      { height, width, colorMode, interpolation, keepAspectRatio },
      options,
    );
    const { filenames, classes, classNames, targets, weights } = choose(listed, read);
    const kept = { filenames, classes, classNames, targets, weights };
    const images = { pixels, signatures, height, width, channels: CHANNELS[colorMode], ...kept };
    if (images.filenames.length === 0) {
      await pixels.close?.();
      throw new Error(`${source}: none of its ${paths.length} images could be read; the first: ${broken[0]!.reason}`);
    }
    return { iterator: this.flow(images, options), broken };
  }

  #split(subset: Subset, method: string): Split {
    const { validationSplit, splitSeed } = this.options;
    if (!validationSplit) throw new Error(`${method}: subset '${subset}' needs the generator's validationSplit`);
    return { share: validationSplit, seed: splitSeed };
  }
}

/** The rows that are asked for. */
function choose<T extends Listing>(listed: T, isKept: readonly boolean[]): T {
  const keep = (_: unknown, row: number): boolean => isKept[row]!;
  return {
    ...listed,
    filenames: listed.filenames.filter(keep),
    paths: listed.paths.filter(keep),
    classes: listed.classes.filter(keep),
    targets: listed.targets?.filter(keep),
    weights: listed.weights?.filter(keep),
  };
}

/** How images of folders are changed at random and scaled: Keras' ImageDataGenerator. */
export function imageDataGenerator(options: ImageDataGeneratorOptions = {}): DirectoryImageDataGenerator {
  return new DirectoryImageDataGenerator(options);
}
