import { type Executable, TooLargeError } from '../engine/executor.js';
import { Graph } from '../engine/graph.js';
import { makePlan } from '../engine/plan.js';
import { formatShape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { logitsOf } from '../nn/activations.js';
import type { Model } from '../nn/base_model.js';
import { withRecovery } from '../nn/recovery.js';
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
  const last = layers.findLastIndex(({ layer }) => layer.className === 'Conv2D');
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
  readonly rows: number;
  readonly x: Tensor;
  readonly dLogits: Tensor;
  readonly map: Tensor;
  readonly dMap: Tensor;
  readonly output: Tensor;
}

/** Prepares the plan for as many rows as the device can bind. */
async function prepare(model: Model, layer: number, rows: number): Promise<Prepared> {
  const graph = new Graph();
  const x = graph.input('x', [rows, ...model.inputShape]);
  const outputs: Tensor[] = [];
  model.layers.forEach(({ name, layer, parameters, stream }) => {
    const weights = Object.fromEntries(parameters.map(variable => [variable.part, graph.variable(variable)]));
    const context = { weights, training: false, firstRow: 0, seed: model.seed, stream };
    outputs.push(graph.within(name, () => layer.call(outputs.at(-1) ?? x, context)).output);
  });
  const [map, output] = [outputs[layer]!, outputs.at(-1)!];
  const dLogits = graph.input('dLogits', output.shape);
  const [dMap] = gradients(graph, logitsOf(output), [map], dLogits) as [Tensor];
  try {
    const executable = await model.compiled.executor.prepare(makePlan(graph, { outputs: [map, dMap, output], fusions: FUSIONS }));
    return { executable, rows, x, dLogits, map, dMap, output };
  } catch (error) {
    if (!(error instanceof TooLargeError) || rows === 1) throw error;
    return prepare(model, layer, Math.ceil(rows / 2));
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
    throw new Error(`Grad-CAM: ${pictures.length} numbers are no pictures of ${formatShape(model.inputShape)}`);
  }
  const { classIndex: wanted } = options;
  if (wanted !== undefined && !(wanted >= 0 && wanted < Math.max(units, 2))) {
    throw new Error(`Grad-CAM: class ${wanted} was asked for, the model has ${Math.max(units, 2)}`);
  }
  return withRecovery(model, 'while a picture was explained', () => mapsOf(model, pictures, layer, wanted));
}

async function mapsOf(model: Model, pictures: Float32Array, layer: number, wanted: number | undefined): Promise<GradCam[]> {
  const size = sizeOf(model.inputShape);
  const units = sizeOf(model.outputShape);
  const count = pictures.length / size;
  const { executable, rows, x, dLogits, map, dMap, output } = await prepare(model, layer, Math.min(BATCH_SIZE, count));
  const found: GradCam[] = [];
  const [height, width, channels] = model.layers[layer]!.outputShape as [number, number, number];
  try {
    for (let first = 0; first < count; first += rows) {
      const here = Math.min(rows, count - first);
      const batch = new Float32Array(rows * size);
      batch.set(pictures.subarray(first * size, (first + here) * size));
      executable.write(x, batch);
      executable.write(dLogits, new Float32Array(rows * units));
      executable.run({ rows: here });
      const outputs = (await executable.read(output)) as Float32Array;
      const part = (of: Float32Array, i: number): Float32Array => of.subarray((i * of.length) / rows, ((i + 1) * of.length) / rows);
      const classes = Array.from({ length: here }, (_, i) => wanted ?? prediction([...part(outputs, i)]).predicted);
      const oneHot = new Float32Array(rows * units);
      for (const [i, each] of classes.entries()) {
        if (units === 1) oneHot[i] = each === 1 ? 1 : -1;
        else oneHot[i * units + each] = 1;
      }
      // Once more, now that it is known which class to ask for; an input lasts for one run.
      executable.write(x, batch);
      executable.write(dLogits, oneHot);
      executable.run({ rows: here });
      const maps = (await executable.read(map)) as Float32Array;
      const slopes = (await executable.read(dMap)) as Float32Array;
      for (const [i, classIndex] of classes.entries()) {
        const weights = channelMeans(part(slopes, i), channels);
        const weighed = weighedSum(part(maps, i), weights);
        found.push({ classIndex, layer, map: weighed, height, width, weights, probabilities: part(outputs, i).slice() });
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
