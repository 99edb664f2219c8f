import type { RandomState } from '../engine/random.js';
import { TRANSFORM_LENGTH } from '../ops/augment.js';

/** How the affine map is made: as tf.keras 2.9 and later (and Keras 3) do, or as keras-preprocessing up to 1.1.2 did. */
export type Compat = 'keras-2.9' | 'keras-preprocessing-1.1.2';

/** Ranges that transforms are drawn from, as ImageDataGenerator's arguments mean them. */
export interface TransformRanges {
  /** Degrees. */
  readonly rotationRange: number;
  /** A share of the size if below 1, else whole pixels; or a list of pixels to choose from. */
  readonly widthShiftRange: number | readonly number[];
  readonly heightShiftRange: number | readonly number[];
  /** Degrees. */
  readonly shearRange: number;
  readonly zoomRange: readonly [number, number];
  readonly channelShiftRange: number;
  readonly brightnessRange: readonly [number, number] | undefined;
  readonly horizontalFlip: boolean;
  readonly verticalFlip: boolean;
}

/** What was drawn for an image, by Keras' names. tx comes from the height's range and ty from the width's. */
export interface TransformParameters {
  readonly theta: number;
  readonly tx: number;
  readonly ty: number;
  readonly shear: number;
  readonly zx: number;
  readonly zy: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
  readonly channelShiftIntensity: number | undefined;
  readonly brightness: number | undefined;
}

/** Draws a transform for an image of the given size: the same numbers from the same stream as Keras' get_random_transform. */
export function randomTransform(ranges: TransformRanges, height: number, width: number, random: RandomState): TransformParameters {
  const { rotationRange, shearRange, zoomRange, channelShiftRange, brightnessRange } = ranges;
  const theta = rotationRange ? random.uniform(-rotationRange, rotationRange) : 0;
  const tx = randomShift(ranges.heightShiftRange, height, random);
  const ty = randomShift(ranges.widthShiftRange, width, random);
  const shear = shearRange ? random.uniform(-shearRange, shearRange) : 0;
  const zoomed = zoomRange[0] !== 1 || zoomRange[1] !== 1;
  const zx = zoomed ? random.uniform(...zoomRange) : 1;
  const zy = zoomed ? random.uniform(...zoomRange) : 1;
  // Both are drawn whether they are wanted or not.
  const horizontal = random.random() < 0.5;
  const vertical = random.random() < 0.5;
  const channelShiftIntensity = channelShiftRange !== 0 ? random.uniform(-channelShiftRange, channelShiftRange) : undefined;
  const brightness = brightnessRange && random.uniform(...brightnessRange);
  const flipHorizontal = horizontal && ranges.horizontalFlip;
  const flipVertical = vertical && ranges.verticalFlip;
  return { theta, tx, ty, shear, zx, zy, flipHorizontal, flipVertical, channelShiftIntensity, brightness };
}

/** numpy's choice() takes whole numbers (of 0 … n - 1) and lists, and refuses fractions, which are then a uniform range. */
function randomShift(range: number | readonly number[], size: number, random: RandomState): number {
  if (range === 0) return 0;
  const values = typeof range === 'number' ? [range] : range;
  const scale = Math.max(...values) < 1 ? size : 1;
  if (typeof range === 'number' && !Number.isInteger(range)) return random.uniform(-range, range) * scale;
  const shift = typeof range === 'number' ? random.interval(range - 1) : random.choice(range);
  return shift * random.choice([-1, 1]) * scale;
}

/** Six numbers, of a 3x3 matrix whose third row is 0, 0, 1. */
type Affine = readonly [number, number, number, number, number, number];

/** The product of two, row by row. By places, not by names: naming six numbers of an array takes longer than multiplying them. */
const multiply = (m: Affine, n: Affine): Affine => [
  m[0] * n[0] + m[1] * n[3],
  m[0] * n[1] + m[1] * n[4],
  m[0] * n[2] + m[1] * n[5] + m[2],
  m[3] * n[0] + m[4] * n[3],
  m[3] * n[1] + m[4] * n[4],
  m[3] * n[2] + m[4] * n[5] + m[5],
];

const IDENTITY: Affine = [1, 0, 0, 1, 0, 0];

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * The map from output to input pixels, [a00, a01, a10, a11, b0, b1]: row = a00 * r + a01 * c + b0, column = a10 * r + a11 * c + b1.
 * None where nothing rotates, shifts, shears or zooms. Source: keras/preprocessing/image.py, apply_affine_transform
 */
export function affineMatrix(
  { theta, tx, ty, shear, zx, zy }: TransformParameters,
  height: number,
  width: number,
  compat: Compat,
): Affine | undefined {
  const factors: Affine[] = [];
  if (theta !== 0) {
    const cos = Math.cos(radians(theta));
    const sin = Math.sin(radians(theta));
    factors.push([cos, -sin, 0, sin, cos, 0]);
  }
  if (tx !== 0 || ty !== 0) factors.push([1, 0, tx, 0, 1, ty]);
  if (shear !== 0) factors.push([1, -Math.sin(radians(shear)), 0, 0, Math.cos(radians(shear)), 0]);
  if (zx !== 1 || zy !== 1) factors.push([zx, 0, 0, 0, zy, 0]);
  if (factors.length === 0) return undefined;
  const m = factors.reduce(multiply);
  // Times the translation by the centre before it, and back after it.
  const side = compat === 'keras-2.9' ? -0.5 : 0.5;
  const oy = height / 2 + side;
  const ox = width / 2 + side;
  const b0 = m[0] * -oy + m[1] * -ox + (m[2] + oy);
  const b1 = m[3] * -oy + m[4] * -ox + (m[5] + ox);
  // The newer releases swap the axes of the finished matrix: x and y change roles, and for oblong images the centre is off.
  return compat === 'keras-2.9' ? [m[4], m[3], m[1], m[0], b1, b0] : [m[0], m[1], m[3], m[4], b0, b1];
}

/** Writes an image's row of the augment kernel's `transforms`, but for its picture: the map about the image's centre, the flips, and what is done to colours. */
export function writeTransform(
  into: Float32Array,
  row: number,
  parameters: TransformParameters,
  height: number,
  width: number,
  compat: Compat,
): void {
  const map = affineMatrix(parameters, height, width, compat) ?? IDENTITY;
  const cy = (height - 1) / 2;
  const cx = (width - 1) / 2;
  const first = row * TRANSFORM_LENGTH;
  for (let i = 0; i < 4; i++) into[first + i] = map[i]!;
  into[first + 4] = map[4] + map[0] * cy + map[1] * cx - cy;
  into[first + 5] = map[5] + map[2] * cy + map[3] * cx - cx;
  into[first + 6] = Number(parameters.flipHorizontal);
  into[first + 7] = Number(parameters.flipVertical);
  into[first + 8] = parameters.channelShiftIntensity ?? 0;
  into[first + 9] = parameters.brightness ?? 1;
}
