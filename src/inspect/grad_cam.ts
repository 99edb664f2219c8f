import { type Executable, TooLargeError } from '../engine/executor.js';
import { makePlan } from '../engine/plan.js';
import { formatShape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { ArraySource } from '../nn/arrays.js';
import type { Model } from '../nn/base_model.js';
import { writeBatch } from '../nn/plans.js';
import { withRecovery } from '../nn/recovery.js';
import { type Trace, tensorOf, traceModel } from '../nn/trace.js';
import { FUSIONS } from '../ops/fusions.js';
import { gradients } from '../ops/gradients.js';
import { prediction } from './mistakes.js';

/** Where a layer saw what speaks for a class. */
export interface GradCam {
  /** The class, and the layer's index. */
  readonly classIndex: number;
  readonly layer: number;
  /** [height, width] of the layer's output; not negative. */
  readonly map: Float32Array;
  readonly height: number;
  readonly width: number;
  /** What each of the layer's channels weighs for the class: the mean of the logit's gradient over the channel. */
  readonly weights: Float32Array;
  /** The model's output for the picture. */
  readonly probabilities: Float32Array;
}

export interface GradCamOptions {
  /** Index of a layer whose output is [height, width, channels]; default the last convolution. */
  readonly layer?: number | undefined;
  /** Default each picture's predicted class. */
  readonly classIndex?: number | undefined;
}

/** Pictures that are computed at a time, where the device can bind as many. */
const BATCH_SIZE = 10;

/** Checks and completes the layer that maps are made of. */
export function mappedLayer({ layers }: Model, wanted: number | undefined): number {
  const suitable = layers.flatMap(({ outputShape }, i) => (outputShape.length === 3 ? [i] : []));
  // A convolution is what has weights and slides them over maps.
  const last = layers.findLastIndex(({ layer: { record }, parameters }) => record.window && parameters.length > 0);
  const found = wanted ?? (last >= 0 ? last : (suitable.at(-1) ?? 0));
  if (suitable.includes(found)) return found;
  const choice = suitable.map(i => `${i} (${layers[i]!.name})`).join(', ');
  if (suitable.length === 0) throw new Error('Grad-CAM: the model has no layer of maps');
  if (!layers[found]) throw new Error(`Grad-CAM: the model has no layer ${found}; wanted one of ${choice}`);
  throw new Error(
    `Grad-CAM: layer ${found} (${layers[found].name}) gives ${formatShape(layers[found].outputShape)}, no maps; wanted one of ${choice}`,
  );
}

interface Prepared {
  readonly executable: Executable;
  readonly source: ArraySource;
  readonly trace: Trace;
  readonly dLogits: Tensor;
  readonly dMap: Tensor;
}

/** Prepares the plan for as many rows as the device can bind. */
async function prepare(model: Model, pictures: Float32Array, map: string, rows = BATCH_SIZE): Promise<Prepared> {
  const { compiled } = model;
  const source = new ArraySource(pictures, model.inputShape, undefined, { batchSize: rows, shuffle: false });
  const trace = traceModel(model, compiled, compiled.plans, 'predict', source);
  const named = (name: string): Tensor => tensorOf(trace, name);
  const dLogits = trace.graph.input('dLogits', named('logits').shape);
  const [dMap] = gradients(trace.graph, named('logits'), [named(map)], dLogits) as [Tensor];
  const outputs = [named(map), dMap, named('probabilities')];
  try {
    const executable = await compiled.executor.prepare(makePlan(trace.graph, { outputs, fusions: FUSIONS }));
    return { executable, source, trace, dLogits, dMap };
  } catch (error) {
    if (!(error instanceof TooLargeError) || source.batchSize === 1) throw error;
    return prepare(model, pictures, map, Math.ceil(source.batchSize / 2));
  }
}

/**
 * Grad-CAM of each picture: the layer's channels, each weighed by the mean gradient of the class' logit with respect to it, summed; what is negative
 * counts as 0. `pictures` [rows, height, width, channels] as the model takes them.
 * Throws where the layer gives no maps. Of a model of a single output, class 0 is what speaks against it.
 * Source: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", https://arxiv.org/abs/1610.02391
 */
export async function gradCam(model: Model, pictures: Float32Array, options: GradCamOptions = {}): Promise<GradCam[]> {
  const layer = mappedLayer(model, options.layer);
  const size = sizeOf(model.inputShape);
  const units = sizeOf(model.outputShape);
  const count = pictures.length / size;
  if (count === 0 || !Number.isInteger(count)) {
    throw new Error(`Grad-CAM: ${pictures.length} numbers do not fill pictures of ${formatShape(model.inputShape)}`);
  }
  const { classIndex: wanted } = options;
  if (wanted !== undefined && !(wanted >= 0 && wanted < Math.max(units, 2))) {
    throw new Error(`Grad-CAM: class ${wanted} was asked for, the model has ${Math.max(units, 2)}`);
  }
  return withRecovery(model, 'while a picture was explained', () => mapsOf(model, pictures, layer, wanted));
}

async function mapsOf(model: Model, pictures: Float32Array, layer: number, wanted: number | undefined): Promise<GradCam[]> {
  const units = sizeOf(model.outputShape);
  const { executable, source, trace, dLogits, dMap } = await prepare(model, pictures, `layer${layer}/output`);
  const rows = source.batchSize;
  const found: GradCam[] = [];
  const [height, width, channels] = model.layers[layer]!.outputShape as [number, number, number];
  const read = async (tensor: Tensor): Promise<(row: number) => Float32Array> => {
    const data = (await executable.read(tensor)) as Float32Array;
    return row => data.subarray((row * data.length) / rows, ((row + 1) * data.length) / rows);
  };
  try {
    for (let index = 0; index < source.length; index++) {
      const batch = source.batch(index);
      const run = (slopes: Float32Array): void => {
        writeBatch(executable, trace, batch, rows);
        executable.write(dLogits, slopes);
        executable.run({ rows: batch.rows });
      };
      run(new Float32Array(rows * units));
      const outputs = await read(tensorOf(trace, 'probabilities'));
      const classes = Array.from({ length: batch.rows }, (_, i) => wanted ?? prediction(outputs(i), model.compiled.loss).predicted);
      const oneHot = new Float32Array(rows * units);
      for (const [i, each] of classes.entries()) {
        if (units === 1) oneHot[i] = each === 1 ? 1 : -1;
        else oneHot[i * units + each] = 1;
      }
      // Once more, now that it is known which class to ask for; an input lasts for one run.
      run(oneHot);
      const maps = await read(tensorOf(trace, `layer${layer}/output`));
      const slopes = await read(dMap);
      for (const [i, classIndex] of classes.entries()) {
        const weights = channelMeans(slopes(i), channels);
        const map = weighedSum(maps(i), weights);
        found.push({ classIndex, layer, map, height, width, weights, probabilities: outputs(i).slice() });
      }
    }
  } finally {
    executable.release();
  }
  return found;
}

/** Mean of [height, width, channels] over its pixels. */
function channelMeans(values: Float32Array, channels: number): Float32Array {
  const sums = new Float64Array(channels);
  for (const [i, value] of values.entries()) sums[i % channels]! += value;
  return Float32Array.from(sums, sum => (sum * channels) / values.length);
}

/** max(0, Σ over channels of weight · value) at each pixel of [height, width, channels]. */
function weighedSum(values: Float32Array, weights: Float32Array): Float32Array {
  const channels = weights.length;
  return Float32Array.from({ length: values.length / channels }, (_, pixel) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[c]! * values[pixel * channels + c]!;
    return Math.max(sum, 0);
  });
}

/** A map [height, width] at another size, bilinear: pixels are squares whose centres keep their places, and what lies beyond the edge is as the edge. */
export function resizeMap(map: Float32Array, height: number, width: number, toHeight: number, toWidth: number): Float32Array {
  const along = (at: number, from: number, to: number): readonly [first: number, second: number, share: number] => {
    const place = Math.min(Math.max(((at + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(place);
    return [first, Math.min(first + 1, from - 1), place - first];
  };
  const columns = Array.from({ length: toWidth }, (_, x) => along(x, width, toWidth));
  const result = new Float32Array(toHeight * toWidth);
  for (let y = 0; y < toHeight; y++) {
    const [top, bottom, down] = along(y, height, toHeight);
    for (const [x, [left, right, across]] of columns.entries()) {
      const above = map[top * width + left]! * (1 - across) + map[top * width + right]! * across;
      const below = map[bottom * width + left]! * (1 - across) + map[bottom * width + right]! * across;
      result[y * toWidth + x] = above * (1 - down) + below * down;
    }
  }
  return result;
}
