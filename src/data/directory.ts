import { join } from 'node:path';
import { checkImagesFit } from '../node/memory.js';
import { listFolder } from './folder.js';
import { DEFAULT_BATCH_SIZE, type FlowOptions, ImageDataGenerator, type ImageDataGeneratorOptions } from './generator.js';
import type { ImageIterator } from './iterator.js';
import { type LoadOptions, loadImages } from './load.js';
import { CHANNELS, type ColorMode, type Interpolation } from './resize.js';
import { type Split, type Subset, subsetOf } from './split.js';

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
   * Batches of the images in a folder that has one subfolder a class. Those that memory may hold are decoded here, once; of others see Pixels: close() the
   * iterator in the end.
   */
  async flowFromDirectory(folder: string, options: DirectoryOptions = {}): Promise<ImageIterator> {
    return (await this.readDirectory(folder, options)).iterator;
  }

  /** As flowFromDirectory, with a report of what was left out. */
  async readDirectory(folder: string, options: DirectoryOptions = {}): Promise<DirectoryIterator> {
    const {
      targetSize: [height, width] = [256, 256],
      colorMode = 'rgb',
      interpolation,
      keepAspectRatio,
      subset,
      classes,
      followLinks,
    } = options;
    const found = await listFolder(folder, { classes, followLinks });
    const listed = subset ? subsetOf(found, this.#split(subset), subset) : found;
    if (found.filenames.length > 0 && listed.filenames.length === 0) {
      throw new Error(
        `${folder}: a validation split of ${this.options.validationSplit} leaves no ${subset} images of its ${found.filenames.length}: give another share, or more images`,
      );
    }
    if (listed.filenames.length === 0) {
      throw new Error(`${folder} has no images in its ${listed.classNames.length} class folders (looked for png, jpg, jpeg and bmp files)`);
    }
    const paths = listed.filenames.map(name => join(folder, name));
    checkImagesFit(Math.min(options.batchSize ?? DEFAULT_BATCH_SIZE, paths.length), { height, width, channels: CHANNELS[colorMode] });
    const { pixels, signatures, read, broken } = await loadImages(
      paths,
      { height, width, colorMode, interpolation, keepAspectRatio },
      options,
    );
    const images = {
      pixels,
      signatures,
      height,
      width,
      channels: CHANNELS[colorMode],
      classes: listed.classes.filter((_, i) => read[i]),
      classNames: listed.classNames,
      filenames: listed.filenames.filter((_, i) => read[i]),
    };
    if (images.filenames.length === 0) {
      await pixels.close?.();
      throw new Error(`${folder}: none of its ${paths.length} images could be read; the first: ${broken[0]!.reason}`);
    }
    return { iterator: this.flow(images, options), broken, ignored: listed.ignored };
  }

  #split(subset: Subset): Split {
    const { validationSplit, splitSeed } = this.options;
    if (!validationSplit) throw new Error(`flowFromDirectory: subset '${subset}' needs the generator's validationSplit`);
    return { share: validationSplit, seed: splitSeed };
  }
}

/** How images of folders are changed at random and scaled: Keras' ImageDataGenerator. */
export function imageDataGenerator(options: ImageDataGeneratorOptions = {}): DirectoryImageDataGenerator {
  return new DirectoryImageDataGenerator(options);
}
