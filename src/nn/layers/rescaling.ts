import { rescaling as rescalingOp } from '../../ops/rescaling.js';
import { defaulted, fields, number } from '../json.js';
import { constant, factor, makeTerms, type Place, type Terms, term } from '../terms.js';
import { type InspectedNumbers, Layer, type LayerConfig, type LayerOptions, type LayerRecord } from './layer.js';

interface Config extends LayerConfig {
  readonly scale: number;
  readonly offset: number;
}

type Numbers = InspectedNumbers<Config>;

const readConfig = fields({ scale: number(), offset: defaulted(number(), 0) });

/** output = input · scale + offset */
function outputTerms(layer: Numbers, place: Place): Terms {
  const { scale, offset } = layer.config;
  const terms = [term('input', factor(layer, layer.input, place.index), constant(scale))];
  if (offset !== 0) terms.push(term('offset', constant(offset), constant(1)));
  return makeTerms(layer, place, terms, { formula: 'output = input · scale + offset' });
}

/** dInput = dOutput · scale */
function inputTerms(layer: Numbers, place: Place): Terms {
  const terms = [term('output', factor(layer, `${layer.output}/gradient`, place.index), constant(layer.config.scale))];
  return makeTerms(layer, place, terms, { formula: 'dInput = dOutput · scale' });
}

export const rescalingRecord: LayerRecord<Config> = {
  kind: 'rescaling',
  className: 'Rescaling',
  config: readConfig,
  outputShape: (_, input) => input,
  call: (config, input) => ({ output: rescalingOp(input, config) }),
  keepsPlaces: true,
  describe: ({ scale, offset }) => `times ${scale}${offset === 0 ? '' : `, plus ${offset}`}`,
  terms: { output: outputTerms, inputGradient: inputTerms },
};

/** scale * input + offset, element by element. */
export function rescaling(scale: number, options: LayerOptions & { readonly offset?: number } = {}): Layer {
  return Layer.of<Config>(rescalingRecord, readConfig({ scale, offset: options.offset }, 'rescaling'), options);
}
