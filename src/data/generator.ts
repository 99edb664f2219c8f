import { formatShape } from '../engine/shape.js';
import { note } from '../nn/notes.js';
import { FILL_MODES, type FillMode } from '../ops/augment.js';
import { type ArrayOptions, arrayImages, channelsWarning, type ImageArray } from './arrays.js';
import type { ImageEffects } from './effects.js';
import { bytesOf, type ClassMode, ImageIterator, type ImageSet } from './iterator.js';
import type { Compat, TransformRanges } from './transform.js';

/** How images are changed at random and scaled: Keras' ImageDataGenerator, its names in camelCase and its defaults. */
export interface ImageDataGeneratorOptions {
  /** Degrees: -range … range. */
  readonly rotationRange?: number;
  /** Below 1 a share of the size, else whole pixels; a list is chosen from. */
  readonly widthShiftRange?: number | readonly number[];
  readonly heightShiftRange?: number | readonly number[];
  /** Degrees. */
  readonly shearRange?: number;
  /** f means 1 - f … 1 + f. */
  readonly zoomRange?: number | readonly [number, number];
  readonly fillMode?: FillMode;
  /** 0 … 255, for fillMode 'constant'. */
  readonly cval?: number;
  /** -range … range is added to all values of an image, 0 … 255. */
  readonly channelShiftRange?: number;
  /** Factors that bytes are multiplied with. */
  readonly brightnessRange?: readonly [number, number];
  readonly horizontalFlip?: boolean;
  readonly verticalFlip?: boolean;
  /** What the bytes 0 … 255 are multiplied with. */
  readonly rescale?: number;
  /** Take each image's mean away, or divide by its deviation too. */
  readonly samplewiseCenter?: boolean;
  readonly samplewiseStdNormalization?: boolean;
  /** Take the data set's mean of each channel away, or divide by its deviation too: fit() first. */
  readonly featurewiseCenter?: boolean;
  readonly featurewiseStdNormalization?: boolean;
  /** The share of each class' files that subset 'validation' takes. */
  readonly validationSplit?: number | undefined;
  /** Draws that share by this seed, each class in proportion. Without it the first files of each class are taken, as Keras has it. */
  readonly splitSeed?: number | undefined;
  /** Whose affine maps: see Compat. Default 'keras-2.9'. */
  readonly compat?: Compat;
}

/** Keras'. */
export const DEFAULT_BATCH_SIZE = 32;

export interface FlowOptions {
  /** Default 32. */
  readonly batchSize?: number | undefined;
  /** Default true. */
  readonly shuffle?: boolean | undefined;
  readonly seed?: number | undefined;
  /** Default 'categorical'; null for images without labels. */
  readonly classMode?: NonNullable<ClassMode> | null;
}

/** Of images in an array. */
export interface ArrayFlowOptions extends Omit<FlowOptions, 'classMode'>, ArrayOptions {
  /** Told of channels that are no picture's. Default the error output. */
  readonly onNote?: ((message: string) => void) | undefined;
}

const COMPATS: readonly Compat[] = ['keras-2.9', 'keras-preprocessing-1.1.2'];

function checkNumber(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new Error(`imageDataGenerator: ${name} is ${value}, wanted a number from ${low} to ${high}`);
}

/** numpy's float32 mean along an image's outer axes: one number after another, each sum rounded, which over many pixels is off in the fourth digit. */
function mean32(values: Float32Array, term: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum = Math.fround(sum + Math.fround(term(value)));
  return Math.fround(sum / values.length);
}

export class ImageDataGenerator {
  readonly options: ImageDataGeneratorOptions;
  readonly #ranges: TransformRanges;
  #statistics: Float32Array | undefined;

  constructor(options: ImageDataGeneratorOptions = {}) {
    const { zoomRange = 0, fillMode = 'nearest', cval = 0, validationSplit = 0, compat = 'keras-2.9' } = options;
    if (!Object.hasOwn(FILL_MODES, fillMode)) {
      throw new Error(`imageDataGenerator: fillMode '${fillMode}' is not supported; wanted one of ${Object.keys(FILL_MODES).join(', ')}`);
    }
    if (!COMPATS.includes(compat))
      throw new Error(`imageDataGenerator: compat '${compat}' is not known; wanted one of ${COMPATS.join(', ')}`);
    checkNumber('cval', cval, -1e6, 1e6);
    checkNumber('rotationRange', options.rotationRange ?? 0, 0, 360);
    checkNumber('validationSplit', validationSplit, 0, 1);
    this.options = options;
    this.#ranges = {
      rotationRange: options.rotationRange ?? 0,
      widthShiftRange: options.widthShiftRange ?? 0,
      heightShiftRange: options.heightShiftRange ?? 0,
      shearRange: options.shearRange ?? 0,
      zoomRange: typeof zoomRange === 'number' ? [1 - zoomRange, 1 + zoomRange] : zoomRange,
      channelShiftRange: options.channelShiftRange ?? 0,
      brightnessRange: options.brightnessRange,
      horizontalFlip: options.horizontalFlip ?? false,
      verticalFlip: options.verticalFlip ?? false,
    };
  }

  /** Batches of images. */
  flow(
    images: ImageSet,
    { batchSize = DEFAULT_BATCH_SIZE, shuffle = true, seed, classMode = 'categorical' }: FlowOptions = {},
  ): ImageIterator {
    if (!Number.isInteger(batchSize) || batchSize < 1) throw new Error(`flow: batchSize is ${batchSize}, wanted a positive integer`);
    const { pixels, height, width, channels, classes } = images;
    if (classes.length === 0) throw new Error('flow: there are no images');
    if (pixels.count !== classes.length || pixels.size !== bytesOf(images)) {
      const given = `${pixels.count} pictures of ${pixels.size} bytes`;
      throw new Error(`flow: ${given} were given for ${classes.length} images of ${formatShape([height, width, channels])}`);
    }
    return new ImageIterator(images, {
      batchSize,
      shuffle,
      seed,
      classMode: classMode ?? undefined,
      ranges: this.#ranges,
      effects: this.#effects(),
      compat: this.options.compat ?? 'keras-2.9',
    });
  }

  /**
   * Batches of images in an array: Keras' flow(x, y). `x`: bytes, or any numbers as float32, [images, height, width, channels]; `y`: as many numbers for each
   * image, or undefined where there is nothing to learn from.
   */
  flowArrays(x: ImageArray, y: ArrayLike<number> | undefined, options: ArrayFlowOptions): ImageIterator {
    const { batchSize, shuffle, seed, onNote = note, ...arrays } = options;
    const images = arrayImages(x, y, arrays, this.options.validationSplit);
    const warning = channelsWarning(images);
    if (warning) onNote(warning);
    // The rows of y are the labels, whatever classes there are.
    return this.flow(images, { batchSize, shuffle, seed, classMode: y ? 'sparse' : null });
  }

  /**
   * Computes the means and deviations that featurewise options need: over images in memory, [samples, height, width, channels], values of 0 … 255.
   * Source: ImageDataGenerator.fit
   */
  fit(images: Uint8Array | Float32Array, channels: number): void {
    const rescale = Math.fround(this.options.rescale ?? 1);
    const statistics = new Float32Array(2 * channels);
    for (let channel = 0; channel < channels; channel++) {
      const values = Float32Array.from({ length: images.length / channels }, (_, i) => images[i * channels + channel]! * rescale);
      const mean = mean32(values, value => value);
      const centered = values.map(value => value - mean);
      const rest = mean32(centered, value => value);
      statistics[channel] = mean;
      statistics[channels + channel] = Math.sqrt(mean32(centered, value => Math.fround(value - rest) ** 2));
    }
    this.#statistics = statistics;
  }

  #effects(): ImageEffects {
    const { fillMode = 'nearest', cval = 0, rescale = 1, compat, channelShiftRange, brightnessRange, ...options } = this.options;
    const center = options.featurewiseCenter || options.featurewiseStdNormalization;
    if (center && !this.#statistics) throw new Error('flow: featurewise options need the means of the data: call fit() first');
    return {
      fillMode,
      cval,
      rescale,
      channelShift: Boolean(channelShiftRange),
      brightness: brightnessRange && (compat === 'keras-preprocessing-1.1.2' ? 'stretched' : 'plain'),
      samplewise: options.samplewiseStdNormalization ? 'normalize' : options.samplewiseCenter ? 'center' : undefined,
      featurewise: options.featurewiseStdNormalization ? 'normalize' : center ? 'center' : undefined,
      statistics: center ? this.#statistics : undefined,
    };
  }
}
