import { maxPool2d } from '../../ops/max_pool2d.js';
import { constant, dataOf, factor, makeTerms, type Place, pixelLabel, position, type Term, type Terms, term } from '../terms.js';
import { CHANNELS_LAST, type InspectedNumbers, Layer, type LayerRecord, type Size2d } from './layer.js';
import { type PoolingConfig, type PoolingOptions, pooledShape, poolingConfig, poolingWindow, readPooling } from './pooling.js';
import { windowAt, windowsOver } from './window_terms.js';

type Numbers = InspectedNumbers<PoolingConfig>;

/** The window's largest value; of equal ones the first. */
function outputTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [n, y, x, c] = position(place.index, [a.outputHeight, a.outputWidth, a.channels]);
  const winner = dataOf(layer, layer.own('argmax'))[place.index]!;
  const terms: Term[] = [];
  windowAt(a, y, x).forEach(({ row, column, isPadding }, at) => {
    const label = pixelLabel(layer, n, row, column, `channel ${c}`);
    const pixel = isPadding ? constant(0) : factor(layer, layer.input, ((n * a.height + row) * a.width + column) * a.channels + c);
    terms.push(term(label, pixel, constant(1), isPadding ? { isPadding } : at === winner ? { isChosen: true } : {}));
  });
  const chosen = terms.find(({ isChosen }) => isChosen)!;
  const ties = terms.filter(({ isPadding, product }) => !isPadding && product === chosen.product).length;
  return makeTerms(layer, place, terms, {
    formula: 'output[y, x, c] = max over i, j of input[y · stride + i − pad, x · stride + j − pad, c]',
    combine: 'max',
    note: ties > 1 ? `${ties} values are equally large: the first of them wins.` : '',
  });
}

/** A window's gradient goes to its winner. */
function inputTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [n, row, column, c] = position(place.index, [a.height, a.width, a.channels]);
  const argmax = dataOf(layer, layer.own('argmax'));
  const terms: Term[] = [];
  for (const { y, x, i, j } of windowsOver(a, row, column)) {
    const from = ((n * a.outputHeight + y) * a.outputWidth + x) * a.channels + c;
    const won = argmax[from] === i * a.kernelWidth + j;
    const label = `${pixelLabel(layer, n, y, x, `channel ${c}`)}: ${won ? 'won' : 'lost'}`;
    terms.push(term(label, factor(layer, `${layer.output}/gradient`, from), constant(won ? 1 : 0), won ? { isChosen: true } : {}));
  }
  const isIdle = !terms.some(({ isChosen }) => isChosen);
  return makeTerms(layer, place, terms, {
    formula: 'dInput[row, column, c] = Σ over the windows that it won of dOutput[y, x, c]',
    note: terms.length === 0 ? 'No window covers it.' : isIdle ? 'It won no window: no gradient reaches it.' : '',
  });
}

export const maxPooling2dRecord: LayerRecord<PoolingConfig> = {
  kind: 'max_pooling2d',
  className: 'MaxPooling2D',
  config: readPooling,
  keras: CHANNELS_LAST,
  outputShape: (config, input) => pooledShape(poolingWindow('maxPooling2d', config, [1, ...input])),
  window: (config, input) => poolingWindow('maxPooling2d', config, input),
  call: ({ poolSize, strides, padding }, input) => ({ output: maxPool2d(input, { kernel: poolSize, strides, padding }) }),
  describe: ({ poolSize }) => `largest of ${poolSize.join('×')}`,
  terms: {
    output: outputTerms,
    inputGradient: inputTerms,
    parts: { argmax: (layer, { index }) => outputTerms(layer, { tensor: layer.output, index }) },
  },
};

/** The largest value of each poolSize window of [height, width, channels]; strides are the window's size unless given. */
export function maxPooling2d(poolSize: Size2d = 2, options: PoolingOptions = {}): Layer {
  return Layer.of(maxPooling2dRecord, poolingConfig('maxPooling2d', poolSize, options), options);
}
