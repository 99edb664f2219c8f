import { sizeOf } from '../../engine/shape.js';
import { fields } from '../json.js';
import { sameGradientTerms, sameTerms } from '../terms.js';
import { Layer, type LayerOptions, type LayerRecord } from './layer.js';

export const flattenRecord: LayerRecord = {
  kind: 'flatten',
  className: 'Flatten',
  config: fields<Record<never, never>>({}),
  keras: { fixed: { data_format: 'channels_last' } },
  outputShape: (_, input) => [sizeOf(input)],
  call: (_, input) => ({ output: input.graph.reshape(input, [input.shape[0]!, sizeOf(input.shape.slice(1))]) }),
  keepsPlaces: true,
  describe: () => 'all numbers in one row',
  terms: {
    output: (layer, place) => sameTerms(layer, place, 'The same number under another shape.'),
    inputGradient: sameGradientTerms,
  },
};

/** All axes but the batch as one: [height, width, channels] -> [height * width * channels], channels fastest. */
export function flatten(options: LayerOptions = {}): Layer {
  return Layer.of(flattenRecord, {}, options);
}
