import { plain } from '../../data/plain.js';
import { sizeOf } from '../../engine/shape.js';
import { writeSafetensors } from '../../formats/safetensors.js';
import { collect } from '../../inspect/collect.js';
import { gradCam, mappedLayer } from '../../inspect/grad_cam.js';
import { featureLayer, nearest } from '../../inspect/neighbours.js';
import { occlusion } from '../../inspect/occlusion.js';
import { ArraySource } from '../../nn/arrays.js';
import type { ExplainInfo, NeighboursInfo } from '../protocol.js';
import type { Answer, Ask, PictureAsk } from './channel.js';
import { collectSet } from './gallery.js';
import { HttpError } from './http_error.js';
import type { SessionParts } from './session_parts.js';

type ExplainAsk = Extract<Ask, { readonly what: 'explain' }>;

/** Pictures of a neighbours' answer. */
const NEIGHBOURS = 12;

/** A map of what speaks for a class in a picture, or the pictures that are most like it to the network. */
export async function explain(parts: SessionParts, pixels: Float32Array, { kind, layer, label, picture }: ExplainAsk): Promise<Answer> {
  const { model } = parts;
  const { step } = model;
  if (kind === 'neighbours') return { ...(await neighbours(parts, pixels, picture, layer)) };
  if (kind === 'grad-cam') {
    checkLayer(parts, layer);
    try {
      mappedLayer(model, layer);
    } catch (error) {
      throw new HttpError(400, (error as Error).message);
    }
    const [found] = await gradCam(model, pixels, { layer, classIndex: label });
    const { map, height, width, probabilities, classIndex } = found!;
    return mapBytes({ kind, step, classIndex, layer: found!.layer }, map, [height, width], probabilities);
  }
  const { map, height, width, classIndex, patch, stride } = await occlusion(model, pixels, { classIndex: label });
  return mapBytes({ kind, step, classIndex, patch, stride }, map, [height, width], await model.predict({ x: pixels }));
}

/** Throws a HttpError where a layer that was asked for is none of the model's. */
export function checkLayer({ model }: SessionParts, layer: number | undefined): void {
  const { length } = model.layers;
  if (layer !== undefined && layer >= length) throw new HttpError(400, `layer is ${layer}; the model has ${length} layers, from 0 on`);
}

function mapBytes(info: ExplainInfo, map: Float32Array, shape: readonly [number, number], probabilities: Float32Array): Uint8Array {
  const tensors = { map: { shape, data: map }, probabilities: { shape: [probabilities.length], data: probabilities } };
  return writeSafetensors({ tensors: Object.entries(tensors), metadata: { wgrad: JSON.stringify(info) } });
}

async function neighbours(
  parts: SessionParts,
  pixels: Float32Array,
  asked: PictureAsk,
  wanted: number | undefined,
): Promise<NeighboursInfo> {
  const { model, sets } = parts;
  const set = sets.train ? 'train' : 'validation';
  checkLayer(parts, wanted);
  const layer = wanted ?? featureLayer(model);
  if (layer === undefined) throw new HttpError(400, 'the model has no layer to compare pictures in');
  const { features } = await collectSet(parts, set, layer);
  const query = await featuresOf(parts, pixels, layer);
  const { images } = sets[set]!.images;
  return {
    step: model.step,
    layer,
    // Nothing is nearer to a picture than itself.
    neighbours: nearest(features, query, NEIGHBOURS, index => index === asked.index && set === asked.set).map(({ index, distance }) => ({
      set,
      index,
      distance,
      file: plain(images.filenames[index]!),
      label: images.classes[index]!,
    })),
  };
}

async function featuresOf({ model }: SessionParts, pixels: Float32Array, layer: number): Promise<Float32Array> {
  const units = sizeOf(model.outputShape);
  const source = new ArraySource(pixels, model.inputShape, new Float32Array(units), { batchSize: 1, shuffle: false });
  return (await collect(model, source, layer)).features;
}
