import { type Data, Model } from './base_model.js';
import { ClassWeightedSource } from './class_weights.js';
import { fit } from './fit.js';
import type { FitOptions, History } from './fit_options.js';
import type { Layer } from './layers/layer.js';

/** Layers one after another, as Keras' Sequential. */
export class Sequential extends Model {
  /** Trains. See fit(). */
  async fit(data: Data, options: FitOptions = {}): Promise<History> {
    const { classWeight } = options;
    const source = this.source(data);
    const weighted = classWeight ? new ClassWeightedSource(source, classWeight, Math.max(2, this.outputShape[0]!)) : source;
    return fit(this, weighted, { ...options, validationSource: options.validationData && this.source(options.validationData) });
  }
}

/**
 * A model of layers one after another. `seed` decides its first weights and its dropout masks, bit for bit as `keras.utils.set_random_seed`
 * before it does in tf_keras; without it, they go on from where setRandomSeed() and the models made since have left the stream.
 */
export function sequential(layers: readonly Layer[], options: { readonly name?: string; readonly seed?: number } = {}): Sequential {
  return new Sequential(layers, options);
}
