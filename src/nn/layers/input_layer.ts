import type { Shape } from '../../engine/shape.js';
import { fields } from '../json.js';
import { sameGradientTerms, sameTerms } from '../terms.js';
import { Layer, type LayerRecord } from './layer.js';

/** Stands for no layer of a model: sequential() takes its shape, and leaves it out, as Keras does. */
export const inputLayerRecord: LayerRecord = {
  kind: 'input_layer',
  className: 'InputLayer',
  config: fields<Record<never, never>>({}),
  outputShape() {
    throw new Error('an InputLayer says the shape of the model: it can only be the first layer');
  },
  call: (_, input) => ({ output: input }),
  describe: () => 'the shape of the input',
  terms: { output: sameTerms, inputGradient: sameGradientTerms },
};

/** The shape of a model's input, [height, width, channels] or [features], as the first of its layers: the layer after it then needs no inputShape. */
export function inputLayer(inputShape: Shape): Layer {
  return Layer.of(inputLayerRecord, {}, { inputShape });
}
