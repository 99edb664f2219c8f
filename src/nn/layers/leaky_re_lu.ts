import { reluOf } from '../activations/rectified.js';
import { defaulted, fields, number } from '../json.js';
import { functionLayer } from './function_layer.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

interface Config extends LayerConfig {
  readonly negativeSlope: number;
}

const readConfig = fields({ negativeSlope: defaulted(number(0), 0.3) });

export const leakyReLuRecord = functionLayer<Config>({
  kind: 'leaky_re_lu',
  className: 'LeakyReLU',
  config: readConfig,
  keras: { oldNames: { negativeSlope: 'alpha' } },
  activation: reluOf,
  describe: ({ negativeSlope }) => `what is positive; below, ${negativeSlope} of it`,
});

/** input where input > 0, else negativeSlope * input, element by element. Default 0.3, as Keras' layer has it; its function has 0.2. */
export function leakyReLu(options: LayerOptions & Partial<Config> = {}): Layer {
  const { negativeSlope } = options;
  return Layer.of<Config>(leakyReLuRecord, readConfig({ negativeSlope }, 'leakyReLu'), options);
}
