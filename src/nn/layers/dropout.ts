import { dropout as dropoutOp } from '../../ops/dropout.js';
import { completed, fields, number } from '../json.js';
import { factor, givenTerms, makeTerms, type Place, sameGradientTerms, sameTerms, type Terms, term } from '../terms.js';
import { type InspectedNumbers, Layer, type LayerConfig, type LayerOptions, type LayerRecord } from './layer.js';

interface Config extends LayerConfig {
  readonly rate: number;
}

type Numbers = InspectedNumbers<Config>;

const drops = ({ training, config: { rate } }: Numbers): boolean => training && rate > 0;

/** output = input · mask */
function outputTerms(layer: Numbers, place: Place): Terms {
  if (!drops(layer)) return sameTerms(layer, place, 'Dropout does nothing outside training.');
  const mask = factor(layer, layer.own('mask'), place.index);
  const note =
    mask.value === 0 ? 'Dropped in this step.' : `Kept, and scaled by 1 / (1 − ${layer.config.rate}) so that the expected value stays.`;
  return makeTerms(layer, place, [term('input', factor(layer, layer.input, place.index), mask)], {
    formula: 'output = input · mask',
    note,
  });
}

/** dInput = dOutput · mask */
function inputTerms(layer: Numbers, place: Place): Terms {
  if (!drops(layer)) return sameGradientTerms(layer, place);
  const dOutput = factor(layer, `${layer.output}/gradient`, place.index);
  const terms = [term('output', dOutput, factor(layer, layer.own('mask'), place.index))];
  return makeTerms(layer, place, terms, { formula: 'dInput = dOutput · mask' });
}

const given = fields<{ readonly rate: number }>({ rate: number(0, 1) });

export const dropoutRecord: LayerRecord<Config> = {
  kind: 'dropout',
  className: 'Dropout',
  config: completed(given, config => {
    checkRate('dropout', config.rate);
    return config;
  }),
  keras: { fixed: { noise_shape: null, seed: null } },
  outputShape: (_, input) => input,
  call({ rate }, input, { training, firstRow, seed, stream }) {
    if (!training || rate === 0) return { output: input };
    const { output, mask } = dropoutOp(input, { rate, seed, stream, firstRow });
    return { output, parts: { mask } };
  },
  drawsMask: ({ rate }) => rate > 0,
  keepsPlaces: true,
  describe: ({ rate }) => `drops ${100 * rate} % in training`,
  terms: {
    output: outputTerms,
    inputGradient: inputTerms,
    parts: {
      mask: (layer, place) => givenTerms(layer, place, 'Drawn from the seed, the layer, the step and the place: 0, or 1 / (1 − rate).'),
    },
  },
};

/** The share of a dropout is below 1. */
export function checkRate(layer: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new Error(`${layer}: rate is ${rate}, wanted a number from 0 up to but not including 1`);
}

/** In training, sets a share `rate` of its input to 0 and scales the rest by 1 / (1 - rate); otherwise does nothing. */
export function dropout(rate: number, options: LayerOptions = {}): Layer {
  checkRate('dropout', rate);
  return Layer.of(dropoutRecord, { rate }, options);
}
