import type { ImageIterator } from '../../data/iterator.js';
import { sizeOf } from '../../engine/shape.js';
import { inspectedLayers } from '../../inspect/inspected_layers.js';
import { ArraySource } from '../../nn/arrays.js';
import type { Sequential } from '../../nn/model.js';
import { traceModel } from '../../nn/trace.js';
import type { DataSummary, ModelSummary, PictureSet } from '../protocol.js';

/** What a compiled model is, for the page. `from`: where it comes from. */
export function modelSummary(model: Sequential, about: Pick<ModelSummary, 'from' | 'classes' | 'rescale'>): ModelSummary {
  const { optimizer, loss } = model.compiled;
  const one = new ArraySource(new Float32Array(sizeOf(model.inputShape)), model.inputShape);
  const layers = inspectedLayers(model, traceModel(model, model.compiled, model.compiled.plans, 'predict', one), 1);
  return {
    ...about,
    seed: model.seed,
    step: model.step,
    inputShape: model.inputShape,
    optimizer: { name: optimizer.name, learningRate: optimizer.learningRate, config: optimizer.config },
    loss,
    layers: model.layers.map(({ name, layer, inputShape, outputShape, parameters }, i) => ({
      name,
      kind: layer.record.kind,
      className: layer.className,
      config: layer.config,
      inputShape,
      outputShape,
      parameters: parameters.map(({ name: parameter, shape }) => ({ name: parameter, shape })),
      count: layers[i]!.parameters,
      flops: layers[i]!.flops,
    })),
    count: layers.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}

/** The pictures that can be asked for by number. */
export type PictureSets = Readonly<Partial<Record<PictureSet, { readonly folder: string; readonly images: ImageIterator }>>>;

export function dataSummary(sets: PictureSets): DataSummary {
  const entries = Object.entries(sets) as [PictureSet, NonNullable<PictureSets[PictureSet]>][];
  const classes = entries[0]?.[1].images.classNames ?? [];
  return {
    classes,
    sets: entries.map(([name, { folder, images }]) => ({
      name,
      folder,
      samples: images.samples,
      counts: classes.map((_, label) => images.classes.filter(each => each === label).length),
    })),
  };
}
