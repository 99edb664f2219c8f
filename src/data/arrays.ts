import { formatShape } from '../engine/shape.js';
import { firstNonFinite } from '../nn/finite.js';
import type { ImageSet } from './iterator.js';
import { MemoryPixels } from './pixels.js';
import type { Subset } from './split.js';

/** Images of an array: bytes, or any numbers as float32. */
export type ImageArray = Uint8Array | Uint8ClampedArray | Float32Array;

export interface ArrayOptions {
  /** [height, width, channels] of an image. */
  readonly shape: readonly [number, number, number];
  /** How much each image's loss counts. */
  readonly sampleWeight?: ArrayLike<number> | undefined;
  /** With the generator's validationSplit, of which the first images are 'validation', as Keras has it. */
  readonly subset?: Subset | undefined;
  /** Whether the numbers of `y` may be others in training than in validation, as where they are no classes. Default false. */
  readonly ignoreClassSplit?: boolean | undefined;
}

/** Channels of pictures. Of others Keras warns, as somebody may have put the channels first. */
const USUAL_CHANNELS = [1, 3, 4];

/**
 * The images of an array, [images, height, width, channels], each with as many numbers of `y`, or with none.
 * Source: keras/preprocessing/image.py, class NumpyArrayIterator
 */
export function arrayImages(
  x: ImageArray,
  y: ArrayLike<number> | undefined,
  { shape, sampleWeight, subset, ignoreClassSplit = false }: ArrayOptions,
  validationSplit: number | undefined,
): ImageSet {
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const count = countOf(x, shape, size);
  const units = y ? y.length / count : 0;
  if (y && (units < 1 || !Number.isInteger(units))) {
    throw new Error(`flowArrays: y has ${y.length} numbers, wanted as many for each of ${count} images`);
  }
  if (sampleWeight && sampleWeight.length !== count) {
    throw new Error(`flowArrays: sampleWeight has ${sampleWeight.length} numbers, wanted one for each of ${count} images`);
  }
  if (y) checkFinite('y', y);
  if (sampleWeight) checkFinite('sampleWeight', sampleWeight);
  const border = subset === undefined ? 0 : borderOf(count, subset, validationSplit);
  if (subset && y && !ignoreClassSplit) checkClassSplit(y, border * units);
  const [first, end] = subset === 'validation' ? [0, border] : [border, count];
  if (first === end) {
    throw new Error(`flowArrays: a validation split of ${validationSplit} leaves no ${subset} images of the ${count} in x`);
  }
  const rows = Array.from({ length: end - first }, (_, i) => first + i);
  const isFloat = x instanceof Float32Array;
  const part = x.subarray(first * size, end * size);
  return {
    pixels: new MemoryPixels(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), size * x.BYTES_PER_ELEMENT),
    dtype: isFloat ? 'float32' : 'uint8',
    height,
    width,
    channels,
    classes: rows.map(() => 0),
    classNames: [],
    filenames: rows.map(String),
    targets: y && rows.map(row => Array.from({ length: units }, (_, unit) => y[row * units + unit]!)),
    // As Keras has it, nothing counts more where there is nothing to learn from.
    weights: y && sampleWeight && rows.map(row => sampleWeight[row]!),
  };
}

function countOf(x: ImageArray, shape: readonly number[], size: number): number {
  if (!(x instanceof Uint8Array || x instanceof Uint8ClampedArray || x instanceof Float32Array)) {
    throw new TypeError('flowArrays: x is not a Uint8Array or Float32Array; wanted bytes, or numbers as float32');
  }
  const count = x.length / size;
  if (!shape.every(length => Number.isInteger(length) && length > 0) || shape.length !== 3) {
    throw new Error(`flowArrays: shape is ${formatShape(shape)}, wanted [height, width, channels] of an image`);
  }
  if (!Number.isInteger(count) || count < 1) {
    throw new Error(`flowArrays: x has ${x.length} numbers, wanted some images of ${formatShape(shape)}`);
  }
  return count;
}

/** What to warn of channels that are no picture's, in Keras' words. */
export function channelsWarning({ classes, height, width, channels }: ImageSet): string | undefined {
  if (USUAL_CHANNELS.includes(channels)) return undefined;
  const shape = [classes.length, height, width, channels].join(', ');
  return (
    'flowArrays is set to use the data format convention "channels_last" (channels on axis 3), i.e. expected either 1, 3, or 4 channels ' +
    `on axis 3. However, it was passed an array with shape (${shape}) (${channels} channels).`
  );
}

function checkFinite(name: string, numbers: ArrayLike<number>): void {
  const index = firstNonFinite(numbers);
  if (index >= 0) throw new TypeError(`flowArrays: ${name}[${index}] is ${String(numbers[index])}, wanted a number`);
}

/** Images before it are to judge by, the others to learn from. */
function borderOf(count: number, subset: Subset, validationSplit: number | undefined): number {
  if (subset !== 'training' && subset !== 'validation') {
    throw new Error(`flowArrays: subset '${String(subset)}' is not known; wanted 'training' or 'validation'`);
  }
  if (!validationSplit) throw new Error(`flowArrays: subset '${subset}' needs the generator's validationSplit`);
  return Math.trunc(count * validationSplit);
}

/** Throws where not all numbers of `y` are on both sides, as Keras does: an array that is sorted by class would be judged by what it never learned. */
function checkClassSplit(y: ArrayLike<number>, border: number): void {
  const all = Array.from(y);
  const [before, after] = [new Set(all.slice(0, border)), new Set(all.slice(border))];
  if (before.size === after.size && [...before].every(number => after.has(number))) return;
  throw new Error(
    'flowArrays: training and validation subsets have different number of classes after the split. If your arrays are sorted by the label, ' +
      'you might want to shuffle them. If they are not classes, ignoreClassSplit takes them as they are.',
  );
}
