import { FILL_MODES, type FillMode } from '../ops/augment.js';
import { type ClassMode, ImageIterator, type ImageSet } from './iterator.js';
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
  readonly horizontalFlip?: boolean;
  readonly verticalFlip?: boolean;
  /** What the bytes 0 … 255 are multiplied with. */
  readonly rescale?: number;
  /** The share of each class' files that subset 'validation' takes. */
  readonly validationSplit?: number;
  /** Whose affine maps: see Compat. Default 'keras-2.9'. */
  readonly compat?: Compat;
}

export interface FlowOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** Default true. */
  readonly shuffle?: boolean;
  readonly seed?: number | undefined;
  /** Default 'categorical'; null for images without labels. */
  readonly classMode?: NonNullable<ClassMode> | null;
}

const COMPATS: readonly Compat[] = ['keras-2.9', 'keras-preprocessing-1.1.2'];

function checkNumber(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new Error(`imageDataGenerator: ${name} is ${value}, wanted a number from ${low} to ${high}`);
}

export class ImageDataGenerator {
  readonly options: ImageDataGeneratorOptions;
  readonly #ranges: TransformRanges;

  constructor(options: ImageDataGeneratorOptions = {}) {
    const { zoomRange = 0, fillMode = 'nearest', cval = 0, validationSplit = 0, compat = 'keras-2.9' } = options;
    if (!(fillMode in FILL_MODES)) {
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
      channelShiftRange: 0,
      brightnessRange: undefined,
      horizontalFlip: options.horizontalFlip ?? false,
      verticalFlip: options.verticalFlip ?? false,
    };
  }

  /** Batches of images that are in memory. */
  flow(images: ImageSet, { batchSize = 32, shuffle = true, seed, classMode = 'categorical' }: FlowOptions = {}): ImageIterator {
    const { fillMode = 'nearest', cval = 0, rescale = 1, compat = 'keras-2.9' } = this.options;
    if (!Number.isInteger(batchSize) || batchSize < 1) throw new Error(`flow: batchSize is ${batchSize}, wanted a positive integer`);
    return new ImageIterator(images, {
      batchSize,
      shuffle,
      seed,
      classMode: classMode ?? undefined,
      ranges: this.#ranges,
      augment: { fillMode, cval, rescale },
      compat,
    });
  }
}
