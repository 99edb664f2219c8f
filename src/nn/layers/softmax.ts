import { softmax as softmaxActivation } from '../activations/softmax.js';
import { defaulted, fields, whole } from '../json.js';
import { functionLayer } from './function_layer.js';
import { Layer, type LayerConfig, type LayerOptions, type LayerRecord } from './layer.js';

interface Config extends LayerConfig {
  /** -1, or the last axis counted with the batch, as some files have it. */
  readonly axis: number;
}

const readConfig = fields({ axis: defaulted(whole(-1), -1) });

export const softmaxRecord: LayerRecord<Config> = {
  ...functionLayer<Config>({
    kind: 'softmax',
    className: 'Softmax',
    config: readConfig,
    activation: () => softmaxActivation,
    describe: () => 'shares that sum to 1',
  }),
  outputShape({ axis }, input) {
    if (axis === -1 || axis === input.length) return input;
    throw new Error(`softmax: axis is ${axis}, wanted -1 or ${input.length}, the last one of its input`);
  },
};

/** exp(input) over its sum along the last axis. */
export function softmax(options: LayerOptions = {}): Layer {
  return Layer.of(softmaxRecord, { axis: -1 }, options);
}
