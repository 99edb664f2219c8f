import { checkRank, type DilatedWindow2d, type Shape } from '../../engine/shape.js';
import { type Padding2d, zeroPad2d } from '../../ops/zero_pad2d.js';
import { defaulted, fields, pair, whole } from '../json.js';
import { constant, factor, makeTerms, type Place, pixelLabel, position, type Terms, term } from '../terms.js';
import {
  CHANNELS_LAST,
  type InspectedNumbers,
  Layer,
  type LayerConfig,
  type LayerOptions,
  type LayerRecord,
  type Size2d,
} from './layer.js';
import { under, windowsOver } from './window_terms.js';

interface Config extends LayerConfig {
  readonly padding: Padding2d;
}

type Numbers = InspectedNumbers<Config>;

/** Each output sees one place: a window of one, that begins outside the picture. */
function window({ padding: [[above, below], [left, right]] }: Config, input: Shape): DilatedWindow2d {
  checkRank('zeroPadding2d', 'input', input, 4);
  const [batch, height, width, channels] = input as [number, number, number, number];
  return {
    batch,
    height,
    width,
    channels,
    kernelHeight: 1,
    kernelWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    padTop: above,
    padLeft: left,
    dilationHeight: 1,
    dilationWidth: 1,
    outputHeight: above + height + below,
    outputWidth: left + width + right,
  };
}

/** The picture's number, or 0 around it. */
function outputTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [n, y, x, c] = position(place.index, [a.outputHeight, a.outputWidth, a.channels]);
  const { row, column, isPadding } = under(a, [y, x], [0, 0]);
  const pixel = isPadding ? constant(0) : factor(layer, layer.input, ((n * a.height + row) * a.width + column) * a.channels + c);
  const label = pixelLabel(layer, n, row, column, `channel ${c}`);
  return makeTerms(layer, place, [term(label, pixel, constant(1), isPadding ? { isPadding } : {})], {
    formula: 'output[y, x, c] = input[y − above, x − left, c], or 0 around the picture',
    note: isPadding ? 'It lies around the picture.' : '',
  });
}

/** The gradient of the place that the number went to. */
function inputTerms(layer: Numbers, place: Place): Terms {
  const a = layer.window!;
  const [n, row, column, c] = position(place.index, [a.height, a.width, a.channels]);
  const terms = windowsOver(a, row, column).map(({ y, x }) => {
    const from = ((n * a.outputHeight + y) * a.outputWidth + x) * a.channels + c;
    return term(pixelLabel(layer, n, y, x, `channel ${c}`), factor(layer, `${layer.output}/gradient`, from), constant(1));
  });
  return makeTerms(layer, place, terms, { formula: 'dInput[row, column, c] = dOutput[row + above, column + left, c]' });
}

/** A picture's side, and more: what is larger is no padding. */
const MOST_PADDING = 2 ** 16;

const readSides = pair(whole(0, MOST_PADDING));
const readConfig = fields({
  padding: defaulted(pair(readSides), [
    [1, 1],
    [1, 1],
  ]),
});

export const zeroPadding2dRecord: LayerRecord<Config> = {
  kind: 'zero_padding2d',
  className: 'ZeroPadding2D',
  config: readConfig,
  keras: CHANNELS_LAST,
  outputShape(config, input) {
    const { outputHeight, outputWidth, channels } = window(config, [1, ...input]);
    return [outputHeight, outputWidth, channels];
  },
  window,
  call: ({ padding }, input) => ({ output: zeroPad2d(input, padding) }),
  describe: ({ padding: [[above, below], [left, right]] }) => `zeros: ${above} above, ${below} below, ${left} left, ${right} right`,
  terms: { output: outputTerms, inputGradient: inputTerms },
};

/** Zeros around [height, width, channels]: as many everywhere, [rows, columns] on both sides, or [[above, below], [left, right]]. */
export function zeroPadding2d(padding: Size2d | Padding2d = 1, options: LayerOptions = {}): Layer {
  const both = typeof padding === 'number' ? [padding, padding] : padding;
  const sides = Array.isArray(both) ? both.map(each => (typeof each === 'number' ? [each, each] : each)) : both;
  return Layer.of(zeroPadding2dRecord, readConfig({ padding: sides }, 'zeroPadding2d'), options);
}
