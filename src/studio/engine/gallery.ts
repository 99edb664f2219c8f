import { ImageDataGenerator } from '../../data/generator.js';
import type { ImageIterator } from '../../data/iterator.js';
import { plain } from '../../data/plain.js';
import { sizeOf } from '../../engine/shape.js';
import { type Collected, collect } from '../../inspect/collect.js';
import { byClass, confusionGallery, judge, scores, topLosses } from '../../inspect/mistakes.js';
import { classModeOf } from '../../run/classes.js';
import type { GalleryInfo, PictureSet } from '../protocol.js';
import type { Answer } from './channel.js';
import { HttpError } from './http_error.js';
import type { SessionParts } from './session_parts.js';

/** What the model computes of a whole set, in its order; kept until the model has learned more. */
const collected = new WeakMap<object, Map<string, { readonly step: number; readonly found: Collected }>>();

/** Runs the model over a set as it is, without augmentation. `layer`: whose output the features are. Throws a HttpError where there is no such set. */
export async function collectSet({ model, sets, rescale }: SessionParts, set: PictureSet, layer?: number): Promise<Collected> {
  const images: ImageIterator | undefined = sets[set]?.images;
  if (!images) throw new HttpError(404, `the studio has no ${set} pictures`);
  const kept = collected.get(model) ?? new Map();
  collected.set(model, kept);
  const known = kept.get(`${set} ${layer}`);
  if (known?.step === model.step) return known.found;
  const source = new ImageDataGenerator({ rescale }).flow(images.images, {
    batchSize: images.batchSize,
    shuffle: false,
    classMode: classModeOf(model),
  });
  const found = await collect(model, source, layer);
  kept.set(`${set} ${layer}`, { step: model.step, found });
  return found;
}

/** The confusion matrix of a set, and its pictures with the largest losses. */
export async function gallery(parts: SessionParts, set: PictureSet, count: number): Promise<Answer> {
  const { model, sets } = parts;
  const found = await collectSet(parts, set);
  const judgements = judge(model.compiled.loss, found);
  const units = sizeOf(model.outputShape);
  const { filenames } = sets[set]!.images;
  return {
    step: model.step,
    set,
    ...scores(judgements),
    confusion: confusionGallery(judgements, Math.max(units, 2)).map(row => row.map(cell => cell.length)),
    top: topLosses(judgements, count).map(({ index, label, predicted, loss }) => ({
      set,
      index,
      file: plain(filenames[index]!),
      label,
      predicted,
      loss,
      probabilities: byClass(found.probabilities.subarray(index * units, (index + 1) * units), model.compiled.loss),
    })),
  } satisfies GalleryInfo;
}
