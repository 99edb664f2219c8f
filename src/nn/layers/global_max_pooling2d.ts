import { globalMaxPool2d } from '../../ops/global_max_pool2d.js';
import { constant, dataOf, factor, makeTerms, type Place, pixelLabel, type Term, type Terms, term } from '../terms.js';
import { CHANNELS_LAST, type InspectedNumbers, Layer, type LayerRecord } from './layer.js';
import { type GlobalPoolingConfig, type GlobalPoolingOptions, globalShape, readGlobalPooling, wholeWindow } from './pooling.js';
import { windowAt } from './window_terms.js';

type Numbers = InspectedNumbers<GlobalPoolingConfig>;

/** The numbers of a channel of a picture, by their place in the buffer. */
function channelOf({ window }: Numbers, n: number, c: number): { readonly index: number; readonly row: number; readonly column: number }[] {
  const a = window!;
  return windowAt(a, 0, 0).map(({ row, column }) => ({ index: ((n * a.height + row) * a.width + column) * a.channels + c, row, column }));
}

/** The channel's largest value. */
function outputTerms(layer: Numbers, place: Place): Terms {
  const { channels } = layer.window!;
  const [n, c] = [Math.floor(place.index / channels), place.index % channels];
  const largest = dataOf(layer, layer.output)[place.index]!;
  const terms: Term[] = channelOf(layer, n, c).map(({ index, row, column }) => {
    const pixel = factor(layer, layer.input, index);
    return term(pixelLabel(layer, n, row, column, `channel ${c}`), pixel, constant(1), pixel.value === largest ? { isChosen: true } : {});
  });
  const ties = terms.filter(({ isChosen }) => isChosen).length;
  return makeTerms(layer, place, terms, {
    formula: 'output[c] = max over y, x of input[y, x, c]',
    combine: 'max',
    note: ties > 1 ? `${ties} values are equally large: they share the gradient.` : '',
  });
}

/** A channel's gradient goes in equal shares to all that are as large as its largest. */
function inputTerms(layer: Numbers, place: Place): Terms {
  const { height, width, channels } = layer.window!;
  const c = place.index % channels;
  const from = Math.floor(place.index / (height * width * channels)) * channels + c;
  const [input, largest] = [dataOf(layer, layer.input), dataOf(layer, layer.output)[from]!];
  const won = input[place.index] === largest;
  const ties = channelOf(layer, Math.floor(from / channels), c).filter(({ index }) => input[index] === largest).length;
  const dOutput = factor(layer, `${layer.output}/gradient`, from);
  const terms = [term(`channel ${c}: ${won ? 'won' : 'lost'}`, dOutput, constant(won ? 1 / ties : 0), won ? { isChosen: true } : {})];
  return makeTerms(layer, place, terms, {
    formula: 'dInput[y, x, c] = dOutput[c] / how many are as large, where it is the largest',
    note: won ? '' : 'It is not the largest: no gradient reaches it.',
  });
}

export const globalMaxPooling2dRecord: LayerRecord<GlobalPoolingConfig> = {
  kind: 'global_max_pooling2d',
  className: 'GlobalMaxPooling2D',
  config: readGlobalPooling,
  keras: CHANNELS_LAST,
  outputShape(config, input) {
    this.window!(config, [1, ...input]);
    return globalShape(config, input);
  },
  window: (_, input) => wholeWindow('globalMaxPooling2d', input),
  call({ keepdims }, input) {
    const largest = globalMaxPool2d(input);
    const [batch, channels] = largest.shape as [number, number];
    return { output: keepdims ? input.graph.reshape(largest, [batch, 1, 1, channels]) : largest };
  },
  describe: () => 'largest of each channel',
  terms: { output: outputTerms, inputGradient: inputTerms },
};

/** The largest value of each channel: [height, width, channels] -> [channels]. Equal ones share the gradient. */
export function globalMaxPooling2d(options: GlobalPoolingOptions = {}): Layer {
  return Layer.of(globalMaxPooling2dRecord, { keepdims: options.keepdims ?? false }, options);
}
