import { checkRank } from '../../engine/shape.js';
import { channelDropout } from '../../ops/dropout.js';
import { completed, fields, number } from '../json.js';
import { factor, givenTerms, makeTerms, type Place, sameGradientTerms, sameTerms, type Terms, term } from '../terms.js';
import { checkRate } from './dropout.js';
import { type InspectedNumbers, Layer, type LayerConfig, type LayerOptions, type LayerRecord } from './layer.js';

interface Config extends LayerConfig {
  readonly rate: number;
}

type Numbers = InspectedNumbers<Config>;

const drops = ({ training, config: { rate } }: Numbers): boolean => training && rate > 0;

/** The mask's number for a place of the output: that of its picture and channel. */
function maskAt(layer: Numbers, { index }: Place) {
  const [height, width, channels] = layer.outputShape as [number, number, number];
  return factor(layer, layer.own('mask'), Math.floor(index / (height * width * channels)) * channels + (index % channels));
}

/** output[n, y, x, c] = input[n, y, x, c] · mask[n, c] */
function outputTerms(layer: Numbers, place: Place): Terms {
  if (!drops(layer)) return sameTerms(layer, place, 'Dropout does nothing outside training.');
  const mask = maskAt(layer, place);
  return makeTerms(layer, place, [term('input', factor(layer, layer.input, place.index), mask)], {
    formula: 'output[y, x, c] = input[y, x, c] · mask[c]',
    note: mask.value === 0 ? 'Its channel is dropped in this step.' : `Its channel is kept, and scaled by 1 / (1 − ${layer.config.rate}).`,
  });
}

/** dInput = dOutput · mask */
function inputTerms(layer: Numbers, place: Place): Terms {
  if (!drops(layer)) return sameGradientTerms(layer, place);
  const terms = [term('output', factor(layer, `${layer.output}/gradient`, place.index), maskAt(layer, place))];
  return makeTerms(layer, place, terms, { formula: 'dInput[y, x, c] = dOutput[y, x, c] · mask[c]' });
}

export const spatialDropout2dRecord: LayerRecord<Config> = {
  kind: 'spatial_dropout2d',
  className: 'SpatialDropout2D',
  config: completed(fields({ rate: number(0, 1) }), config => {
    checkRate('spatialDropout2d', config.rate);
    return config;
  }),
  keras: { fixed: { data_format: 'channels_last', noise_shape: null, seed: null } },
  outputShape(_, input) {
    checkRank('spatialDropout2d', 'its input', input, 3);
    return input;
  },
  call({ rate }, input, { training, firstRow, seed, stream }) {
    if (!training || rate === 0) return { output: input };
    const { output, mask } = channelDropout(input, { rate, seed, stream, firstRow });
    return { output, parts: { mask } };
  },
  drawsMask: ({ rate }) => rate > 0,
  keepsPlaces: true,
  describe: ({ rate }) => `drops ${100 * rate} % of the maps in training`,
  terms: {
    output: outputTerms,
    inputGradient: inputTerms,
    parts: {
      mask: (layer, place) =>
        givenTerms(layer, place, 'Drawn from the seed, the layer, the step, the picture and the channel: 0, or 1 / (1 − rate).'),
    },
  },
};

/** In training, sets a share `rate` of the maps of [height, width, channels] to 0 and scales the rest by 1 / (1 - rate); otherwise does nothing. */
export function spatialDropout2d(rate: number, options: LayerOptions = {}): Layer {
  checkRate('spatialDropout2d', rate);
  return Layer.of(spatialDropout2dRecord, { rate }, options);
}
