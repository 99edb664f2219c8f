import { avgPool2d } from '../../ops/avg_pool2d.js';
import { constant, factor, type LayerNumbers, makeTerms, type Place, pixelLabel, position, type Terms, term } from '../terms.js';
import { CHANNELS_LAST, type InspectedNumbers, Layer, type LayerRecord, type Size2d } from './layer.js';
import { type PoolingConfig, type PoolingOptions, pooledShape, poolingConfig, poolingWindow, readPooling } from './pooling.js';
import { windowAt, windowsOver } from './window_terms.js';

/** What both passes need: the layer's window, where it lies, and its tensors. */
type Numbers = LayerNumbers & Pick<InspectedNumbers, 'window'>;

/** What each place of the window (y, x) that lies on the picture counts. */
function shareOf(layer: Numbers, y: number, x: number): number {
  return 1 / windowAt(layer.window!, y, x).filter(({ isPadding }) => !isPadding).length;
}

/** The mean of the window's places that lie on the picture. */
export function meanTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [n, y, x, c] = position(place.index, [a.outputHeight, a.outputWidth, a.channels]);
  const share = constant(shareOf(layer, y, x));
  const terms = windowAt(a, y, x).map(({ row, column, isPadding }) => {
    const label = pixelLabel(layer, n, row, column, `channel ${c}`);
    if (isPadding) return term(label, constant(0), share, { isPadding });
    return term(label, factor(layer, layer.input, ((n * a.height + row) * a.width + column) * a.channels + c), share);
  });
  const outside = terms.filter(({ isPadding }) => isPadding).length;
  return makeTerms(layer, place, terms, {
    formula: 'output[y, x, c] = Σ over i, j of input[y · stride + i − pad, x · stride + j − pad, c] / places on the picture',
    note: outside > 0 ? `${outside} of ${terms.length} places lie in the padding around the picture and do not count.` : '',
  });
}

/** A window's gradient goes in equal shares to its places. */
export function meanGradientTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [n, row, column, c] = position(place.index, [a.height, a.width, a.channels]);
  const terms = windowsOver(a, row, column).map(({ y, x }) => {
    const from = ((n * a.outputHeight + y) * a.outputWidth + x) * a.channels + c;
    return term(
      pixelLabel(layer, n, y, x, `channel ${c}`),
      factor(layer, `${layer.output}/gradient`, from),
      constant(shareOf(layer, y, x)),
    );
  });
  return makeTerms(layer, place, terms, {
    formula: 'dInput[row, column, c] = Σ over the windows (y, x) that cover it of dOutput[y, x, c] / places on the picture',
    note: terms.length === 0 ? 'No window covers it.' : '',
  });
}

export const averagePooling2dRecord: LayerRecord<PoolingConfig> = {
  kind: 'average_pooling2d',
  className: 'AveragePooling2D',
  config: readPooling,
  keras: CHANNELS_LAST,
  outputShape: (config, input) => pooledShape(poolingWindow('averagePooling2d', config, [1, ...input])),
  window: (config, input) => poolingWindow('averagePooling2d', config, input),
  call: ({ poolSize, strides, padding }, input) => ({ output: avgPool2d(input, { kernel: poolSize, strides, padding }) }),
  describe: ({ poolSize }) => `mean of ${poolSize.join('×')}`,
  terms: { output: meanTerms, inputGradient: meanGradientTerms },
};

/** The mean of each poolSize window of [height, width, channels], of its places on the picture; strides are the window's size unless given. */
export function averagePooling2d(poolSize: Size2d = 2, options: PoolingOptions = {}): Layer {
  return Layer.of(averagePooling2dRecord, poolingConfig('averagePooling2d', poolSize, options), options);
}
