import { softmax as softmaxActivation } from '../activations/softmax.js';
import { choice, defaulted, fields } from '../json.js';
import { functionLayer } from './function_layer.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

interface Config extends LayerConfig {
  readonly axis: -1;
}

const readConfig = fields({ axis: defaulted(choice(-1), -1) });

export const softmaxRecord = functionLayer<Config>({
  kind: 'softmax',
  className: 'Softmax',
  config: readConfig,
  activation: () => softmaxActivation,
  describe: () => 'shares that sum to 1',
});

/** exp(input) over its sum along the last axis. */
export function softmax(options: LayerOptions = {}): Layer {
  return Layer.of(softmaxRecord, { axis: -1 }, options);
}
