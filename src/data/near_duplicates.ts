import { HashIndex } from './hash_index.js';
import type { ImageSet } from './iterator.js';
import { choosePixels } from './pixels.js';
import { differenceOf, LEAST_CONTRAST, SURE, smoothed, spread } from './registration.js';
import { colorDifference, GRID, mirrored, SIGNATURE_SIZE, signatureOf } from './signature.js';

/** A picture to judge by, and the one to learn from that is most like it. */
export interface NearDuplicate {
  readonly validation: number;
  readonly training: number;
  /** 0: the same but for noise, brightness, a mirror or a small move. See differenceOf(). */
  readonly difference: number;
}

/**
 * Up to this two are near-duplicates. Of photographs, those that are encoded anew, resized, mirrored, darker or a little cut are below. Of 1,500 drawn faces, each with a mask on and off, the least
 * difference is 0.25; of photographs with and without a mask drawn on, 0.36.
 */
const MOST_DIFFERENCE = 0.22;

/** From here on another way of comparing makes no near-duplicates of two. */
const FAR = 2 * MOST_DIFFERENCE;

/** Pictures that one is compared with, those of the nearest hashes: a set of nothing but like ones would take forever. */
const MOST_COMPARED = 8;

/** Pictures whose brightness is correlated less than this do not come to lie on one another by a small move. */
const LEAST_CORRELATION = 0.7;

/** A difference of colour of so many of 256 weighs as much as one of brightness of all the contrast: a mask may be as bright as the face, and is seldom of its colour. */
const COLOR_SCALE = 100;

/** Deviation of brightness, of 256, up to which a picture is of one brightness: that is all there is to compare. */
const FLAT = 2;

/** Pictures whose signatures are made at a time. */
const TOGETHER = 64;

/** Signatures of pictures, one after another: those that loading made, or made here. */
async function signaturesOf({ signatures, pixels, height, width, channels, dtype }: ImageSet): Promise<Uint8Array> {
  if (dtype === 'float32') throw new Error('nearDuplicates: the images are float32 numbers; wanted bytes, 0 … 255');
  if (signatures) return signatures;
  const made = new Uint8Array(pixels.count * SIGNATURE_SIZE);
  const rows = Array.from({ length: pixels.count }, (_, row) => row);
  const bytes = new Uint8Array(TOGETHER * pixels.size);
  for (let first = 0; first < rows.length; first += TOGETHER) {
    const some = rows.slice(first, first + TOGETHER);
    await pixels.prepare?.(some, rows.slice(first + TOGETHER, first + 3 * TOGETHER));
    pixels.copy(some, bytes);
    for (const [i, row] of some.entries()) {
      const picture = bytes.subarray(i * pixels.size, (i + 1) * pixels.size);
      made.set(signatureOf(picture, height, width, channels), row * SIGNATURE_SIZE);
    }
  }
  return made;
}

/**
 * The pictures to judge by that are, or nearly are, among those to learn from: encoded anew, resized, mirrored, darker, a little cut or noisy. Each with the most similar, the most similar first. A face
 * with a mask drawn on is no near-duplicate of the same face without it.
 */
export async function nearDuplicates(training: ImageSet, validation: ImageSet): Promise<NearDuplicate[]> {
  return nearSignatures(await signaturesOf(training), await signaturesOf(validation));
}

/** A set of images without some. */
export function withoutImages(images: ImageSet, rows: readonly number[]): ImageSet {
  const left = new Set(rows);
  const isKept = (_: unknown, row: number): boolean => !left.has(row);
  return {
    ...images,
    pixels: choosePixels(
      images.pixels,
      images.filenames.flatMap((name, row) => (isKept(name, row) ? [row] : [])),
    ),
    signatures: undefined,
    filenames: images.filenames.filter(isKept),
    classes: images.classes.filter(isKept),
    targets: images.targets?.filter(isKept),
    weights: images.weights?.filter(isKept),
  };
}

/** `training`, `validation`: signatures, one after another. Each picture of the validation that is near one of the training, with the nearest, the most similar first. */
export function nearSignatures(training: Uint8Array, validation: Uint8Array): NearDuplicate[] {
  const index = new HashIndex(training);
  const found: NearDuplicate[] = [];
  for (let row = 0; row < validation.length / SIGNATURE_SIZE; row++) {
    const own = signatureAt(validation, row);
    let best: NearDuplicate | undefined;
    for (const { row: other, isMirrored } of index.nearest(own, MOST_COMPARED)) {
      const difference = differenceOfSignatures(isMirrored ? mirrored(own) : own, signatureAt(training, other));
      if (difference <= (best?.difference ?? MOST_DIFFERENCE)) best = { validation: row, training: other, difference };
      if (best && best.difference <= SURE) break;
    }
    if (best) found.push(best);
  }
  return found.sort((a, b) => a.difference - b.difference || a.validation - b.validation);
}

const signatureAt = (signatures: Uint8Array, row: number): Uint8Array =>
  signatures.subarray(row * SIGNATURE_SIZE, (row + 1) * SIGNATURE_SIZE);

/** How far two signatures differ: see MOST_DIFFERENCE. Infinity where they are not alike at first sight. */
export function differenceOfSignatures(a: Uint8Array, b: Uint8Array): number {
  if (a.every((value, i) => value === b[i])) return 0;
  const [meanA, deviationA] = spread(a);
  const [meanB, deviationB] = spread(b);
  let sum = 0;
  for (let i = 0; i < GRID ** 2; i++) sum += (a[i]! - meanA) * (b[i]! - meanB);
  // Pictures of one brightness have no pattern that could differ.
  const correlation = (sum / GRID ** 2 + 1) / (deviationA * deviationB + 1);
  if (correlation < LEAST_CORRELATION) return Infinity;
  const color = colorDifference(a, b, (deviationB + 1) / (deviationA + 1)) / COLOR_SCALE;
  if (color > MOST_DIFFERENCE) return Infinity;
  if (Math.max(deviationA, deviationB) < FLAT) return color + Math.abs(meanA - meanB) / LEAST_CONTRAST;
  const [from, to] = [smoothed(a), smoothed(b)];
  const difference = color + differenceOf(from, to);
  // Which is laid on which decides what lies outside: the other way may be the better one.
  return difference <= MOST_DIFFERENCE || difference > FAR ? difference : color + differenceOf(to, from);
}
