import type { ImageBatch, ImageIterator } from '../../data/iterator.js';
import { colorModeOf, fitImage } from '../../data/resize.js';
import type { Executor } from '../../engine/executor.js';
import { Graph } from '../../engine/graph.js';
import { makePlan } from '../../engine/plan.js';
import { sizeOf } from '../../engine/shape.js';
import type { BatchResult } from '../../nn/batch_log.js';
import { HttpError } from './http_error.js';
import type { ModelPicture, SessionParts } from './session_parts.js';

/** A batch as the network saw it. */
export interface AugmentedRows {
  readonly batch: ImageBatch;
  readonly rows: number;
  /** [rows, height, width, channels], scaled. */
  readonly pictures: Float32Array;
}

/** The pictures of the last step, as augmented. Throws a HttpError where there was no step yet. */
export async function augmentedRows({ executor, sets }: SessionParts, last: BatchResult | undefined): Promise<AugmentedRows> {
  const source = sets.train?.images;
  if (!last || !source) throw new HttpError(409, 'no step has been trained here yet: there is no batch to show');
  const batch = last.batch as ImageBatch;
  return { batch, rows: batch.rows, pictures: await augmentedPictures(executor, source, batch) };
}

/** A batch's pictures as a step takes them, computed by the same plan nodes: [rows, height, width, channels], scaled. */
export async function augmentedPictures(executor: Executor, source: ImageIterator, batch: ImageBatch): Promise<Float32Array> {
  const graph = new Graph();
  const input = graph.within('input', () => source.trace(graph));
  const executable = await executor.prepare(makePlan(graph, { outputs: [input.x] }));
  try {
    input.write(executable, batch);
    executable.run({ rows: batch.rows });
    const all = (await executable.read(input.x)) as Float32Array;
    return all.slice(0, batch.rows * sizeOf(source.shape));
  } finally {
    executable.release();
  }
}

/** One of them. */
export async function augmentedRow(parts: SessionParts, last: BatchResult | undefined, row: number): Promise<ModelPicture> {
  const { batch, rows, pictures } = await augmentedRows(parts, last);
  if (row >= rows) throw new HttpError(404, `the last batch has ${rows} pictures, from 0 on`);
  const size = pictures.length / rows;
  const units = batch.labels!.length / parts.sets.train!.images.batchSize;
  const labels = batch.labels!.subarray(row * units, (row + 1) * units);
  return { pixels: pictures.slice(row * size, (row + 1) * size), label: units === 1 ? labels[0]! : labels.indexOf(1) };
}

/** Pixels of the model's input as bytes to look at. */
export function toBytes(pixels: Float32Array, rescale: number): Uint8Array {
  const clamped = Uint8ClampedArray.from(pixels, value => value / rescale);
  return new Uint8Array(clamped.buffer);
}

/** An image's file at the size that a session's model takes, as training reads its files: bytes [height, width, channels]. Throws what is wrong with the file. */
export async function decodeFor({ model, decode }: SessionParts, file: Uint8Array): Promise<Uint8Array> {
  const [height, width, channels] = model.inputShape as [number, number, number];
  return fitImage(await decode(file), colorModeOf(channels)!, { height, width }).data;
}
