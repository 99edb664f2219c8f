import { formatShape, sizeOf } from '../engine/shape.js';
import type { Model } from '../nn/base_model.js';
import { byClass, prediction } from './mistakes.js';

/** How much of a class' probability goes when a part of the picture is hidden. */
export interface Occlusion {
  readonly classIndex: number;
  /** The class' probability for the whole picture. */
  readonly probability: number;
  /** [height, width] of the picture: the mean fall of the probability over the patches that hid a pixel; negative where hiding it made the class likelier. */
  readonly map: Float32Array;
  readonly height: number;
  readonly width: number;
  /** Side of the patch and its step, in pixels. */
  readonly patch: number;
  readonly stride: number;
  /** Patches that were tried. */
  readonly count: number;
}

export interface OcclusionOptions {
  /** Default the predicted class. */
  readonly classIndex?: number | undefined;
  /** Default a sixth of the picture's shorter side. */
  readonly patch?: number | undefined;
  /** Default half the patch. */
  readonly stride?: number | undefined;
  readonly batchSize?: number | undefined;
}

/** Where patches begin along an axis: every `stride`, and once at the very end. */
function begins(length: number, patch: number, stride: number): number[] {
  const last = length - patch;
  const found = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => i * stride);
  return found.at(-1) === last ? found : [...found, last];
}

/** Mean of each channel of [height, width, channels]. */
function meanColor(picture: Float32Array, channels: number): number[] {
  const sums = new Array<number>(channels).fill(0);
  for (const [i, value] of picture.entries()) sums[i % channels]! += value;
  return sums.map(sum => (sum * channels) / picture.length);
}

/**
 * Hides parts of a picture, one after another, behind a patch of the picture's mean colour, and sees how far the class' probability falls.
 * `picture` [height, width, channels] as the model takes it.
 * Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", https://arxiv.org/abs/1311.2901
 */
export async function occlusion(model: Model, picture: Float32Array, options: OcclusionOptions = {}): Promise<Occlusion> {
  if (model.inputShape.length !== 3) throw new Error(`occlusion: the model takes ${formatShape(model.inputShape)}, wanted pictures`);
  const [height, width, channels] = model.inputShape as [number, number, number];
  if (picture.length !== height * width * channels) {
    throw new Error(`occlusion: the picture has ${picture.length} numbers, the model takes ${formatShape(model.inputShape)}`);
  }
  const { batchSize = 10, patch = Math.max(1, Math.round(Math.min(height, width) / 6)) } = options;
  const { stride = Math.max(1, Math.floor(patch / 2)) } = options;
  if (!(patch >= 1 && patch <= Math.min(height, width) && stride >= 1 && stride <= patch)) {
    throw new Error(`occlusion: patch ${patch} and stride ${stride} do not fit a picture of ${height}x${width}`);
  }
  const units = sizeOf(model.outputShape);
  const { loss } = model.compiled;
  const color = meanColor(picture, channels);
  const places = begins(height, patch, stride).flatMap(top => begins(width, patch, stride).map(left => ({ top, left })));
  const said = await predictPatched(model, picture, places, { patch, color, width, batchSize });
  const classIndex = options.classIndex ?? prediction(said.subarray(0, units), loss).predicted;
  const probabilityOf = (row: number): number => byClass(said.subarray(row * units, (row + 1) * units), loss)[classIndex]!;
  const probability = probabilityOf(0);
  const [sums, counts] = [new Float64Array(height * width), new Float64Array(height * width)];
  for (const [i, { top, left }] of places.entries()) {
    const fall = probability - probabilityOf(i + 1);
    for (let row = top; row < top + patch; row++) {
      for (let column = left; column < left + patch; column++) {
        sums[row * width + column]! += fall;
        counts[row * width + column]! += 1;
      }
    }
  }
  const map = Float32Array.from(sums, (sum, i) => sum / counts[i]!);
  return { classIndex, probability, map, height, width, patch, stride, count: places.length };
}

/** Pictures are made and computed so many batches at a time: all at once may be gigabytes. */
const CHUNK_BATCHES = 8;

/** The model's output [1 + places, units] for a picture, and for it with each of the patches. */
async function predictPatched(
  model: Model,
  picture: Float32Array,
  places: readonly { readonly top: number; readonly left: number }[],
  {
    patch,
    color,
    width,
    batchSize,
  }: { readonly patch: number; readonly color: readonly number[]; readonly width: number; readonly batchSize: number },
): Promise<Float32Array> {
  const units = sizeOf(model.outputShape);
  const said = new Float32Array((1 + places.length) * units);
  const patches = [undefined, ...places];
  for (let first = 0; first < patches.length; first += CHUNK_BATCHES * batchSize) {
    const here = patches.slice(first, first + CHUNK_BATCHES * batchSize);
    // Whole batches, so that one plan computes them all.
    const x = new Float32Array(Math.ceil(here.length / batchSize) * batchSize * picture.length);
    for (const [i, place] of here.entries()) {
      const begin = i * picture.length;
      x.set(picture, begin);
      if (!place) continue;
      for (let row = place.top; row < place.top + patch; row++) {
        for (let column = place.left; column < place.left + patch; column++) x.set(color, begin + (row * width + column) * color.length);
      }
    }
    const output = await model.predict({ x, batchSize });
    said.set(output.subarray(0, here.length * units), first * units);
  }
  return said;
}
