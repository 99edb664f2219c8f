import { reluOf } from '../activations/rectified.js';
import { defaulted, fields, number, type Read } from '../json.js';
import { functionLayer } from './function_layer.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

interface Config extends LayerConfig {
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;
}

const fromZero = number(0);
const bound: Read<number | null> = (value, at) => (value === null ? null : fromZero(value, at));

const readConfig = fields({
  maxValue: defaulted(bound, null),
  negativeSlope: defaulted(fromZero, 0),
  threshold: defaulted(fromZero, 0),
});

export const reLuRecord = functionLayer<Config>({
  kind: 're_lu',
  className: 'ReLU',
  config: readConfig,
  activation: reluOf,
  describe({ maxValue, negativeSlope, threshold }) {
    const most = maxValue === null ? '' : `, at most ${maxValue}`;
    const least = threshold === 0 ? '' : `, from ${threshold} on`;
    return `what is positive${least}${most}${negativeSlope === 0 ? '' : `; below, ${negativeSlope} of it`}`;
  },
});

/**
 * min(input, maxValue) where input > threshold, else negativeSlope * (input - threshold), element by element. Default maxValue null (no bound), the others 0:
 * max(input, 0).
 */
export function reLu(options: LayerOptions & Partial<Config> = {}): Layer {
  const { maxValue, negativeSlope, threshold } = options;
  return Layer.of<Config>(reLuRecord, readConfig({ maxValue, negativeSlope, threshold }, 'reLu'), options);
}
