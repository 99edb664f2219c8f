import { avgPool2d } from '../../ops/avg_pool2d.js';
import { meanGradientTerms, meanTerms } from './average_pooling2d.js';
import { CHANNELS_LAST, Layer, type LayerRecord } from './layer.js';
import { type GlobalPoolingConfig, type GlobalPoolingOptions, globalShape, readGlobalPooling, wholeWindow } from './pooling.js';

export const globalAveragePooling2dRecord: LayerRecord<GlobalPoolingConfig> = {
  kind: 'global_average_pooling2d',
  className: 'GlobalAveragePooling2D',
  config: readGlobalPooling,
  keras: CHANNELS_LAST,
  outputShape(config, input) {
    this.window!(config, [1, ...input]);
    return globalShape(config, input);
  },
  window: (_, input) => wholeWindow('globalAveragePooling2d', input),
  call({ keepdims }, input) {
    const [batch, height, width, channels] = input.shape as [number, number, number, number];
    const mean = avgPool2d(input, { kernel: [height, width], strides: [1, 1], padding: 'valid' });
    return { output: keepdims ? mean : input.graph.reshape(mean, [batch, channels]) };
  },
  describe: () => 'mean of each channel',
  terms: { output: meanTerms, inputGradient: meanGradientTerms },
};

/** The mean of each channel: [height, width, channels] -> [channels]. */
export function globalAveragePooling2d(options: GlobalPoolingOptions = {}): Layer {
  return Layer.of(globalAveragePooling2dRecord, { keepdims: options.keepdims ?? false }, options);
}
