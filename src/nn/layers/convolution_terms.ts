import type { DilatedWindow2d } from '../../engine/shape.js';
import {
  constant,
  type Factor,
  factor,
  type LayerNumbers,
  makeTerms,
  type Place,
  pixelLabel,
  position,
  type Term,
  type Terms,
  term,
} from '../terms.js';
import { under, windowAt, windowsOver } from './window_terms.js';

/** A convolution in a layer: how its window slides, what the tensors around it are named, and which channels make which outputs. */
export interface Convolution {
  readonly window: DilatedWindow2d;
  readonly input: string;
  readonly kernel: string;
  /** Absent where it has none. */
  readonly bias?: string | undefined;
  readonly output: string;
  /** Numbers of its output at a position, and what one of them is called. */
  readonly units: number;
  readonly unit: 'filter' | 'channel';
  /** Channels that a unit is made of, and units that a channel goes into. */
  channelsOf(unit: number): readonly number[];
  unitsOf(channel: number): readonly number[];
  /** Where the kernel has the weight of a place of the window, a channel and a unit. */
  weightOf(place: number, channel: number, unit: number): number;
  /** Channel and unit of a weight, counted within its place of the window. */
  channelAndUnit(weight: number): readonly [channel: number, unit: number];
}

const upTo = (length: number): readonly number[] => Array.from({ length }, (_, i) => i);

type Named = Pick<Convolution, 'window' | 'input' | 'kernel' | 'bias' | 'output'>;

/** Each filter sees all channels: kernel [height, width, channels, filters]. */
export function fullConvolution(named: Named, filters: number): Convolution {
  const { channels } = named.window;
  const [allChannels, allFilters] = [upTo(channels), upTo(filters)];
  return {
    ...named,
    units: filters,
    unit: 'filter',
    channelsOf: () => allChannels,
    unitsOf: () => allFilters,
    weightOf: (place, channel, filter) => (place * channels + channel) * filters + filter,
    channelAndUnit: weight => [Math.floor(weight / filters), weight % filters],
  };
}

/** Each channel has filters of its own: kernel [height, width, channels, multiplier], outputs channel · multiplier + q. */
export function depthwiseConvolution(named: Named, multiplier: number): Convolution {
  const units = named.window.channels * multiplier;
  return {
    ...named,
    units,
    unit: 'channel',
    channelsOf: unit => [Math.floor(unit / multiplier)],
    unitsOf: channel => upTo(multiplier).map(q => channel * multiplier + q),
    weightOf: (place, _, unit) => place * units + unit,
    channelAndUnit: weight => [Math.floor(weight / multiplier), weight],
  };
}

/** Row and column of the input under the place (i, j) of a window, in formulas. */
export function seenFrom({ dilationHeight, dilationWidth }: DilatedWindow2d): string {
  const [i, j] = dilationHeight > 1 || dilationWidth > 1 ? ['i · dilation', 'j · dilation'] : ['i', 'j'];
  return `y · stride + ${i} − pad, x · stride + ${j} − pad`;
}

const pixelIndex = (a: DilatedWindow2d, n: number, row: number, column: number, c: number): number =>
  ((n * a.height + row) * a.width + column) * a.channels + c;

const outputIndex = ({ window: a, units }: Convolution, n: number, y: number, x: number, unit: number): number =>
  ((n * a.outputHeight + y) * a.outputWidth + x) * units + unit;

/** A number of its output: the bias and the window's pixels times their weights. */
export function outputTerms(layer: LayerNumbers, place: Place, of: Convolution, formula: string): Terms {
  const a = of.window;
  const [n, y, x, unit] = position(place.index, [a.outputHeight, a.outputWidth, of.units]);
  const terms: Term[] = [];
  for (const { i, j, row, column, isPadding } of windowAt(a, y, x)) {
    for (const c of of.channelsOf(unit)) {
      const weight = factor(layer, of.kernel, of.weightOf(i * a.kernelWidth + j, c, unit));
      const pixel = isPadding ? constant(0) : factor(layer, of.input, pixelIndex(a, n, row, column, c));
      terms.push(term(pixelLabel(layer, n, row, column, `channel ${c}`), pixel, weight, isPadding ? { isPadding } : {}));
    }
  }
  const outside = terms.filter(({ isPadding }) => isPadding).length;
  return makeTerms(layer, place, terms, {
    formula,
    ...(of.bias && { bias: factor(layer, of.bias, unit) }),
    note: outside > 0 ? `${outside} of ${terms.length} places lie in the padding around the picture and count as 0.` : '',
  });
}

/** The gradient of a number that it takes: of all outputs whose windows cover it, times its weights there. */
export function inputTerms(layer: LayerNumbers, place: Place, of: Convolution, formula: string): Terms {
  const a = of.window;
  const [n, row, column, c] = position(place.index, [a.height, a.width, a.channels]);
  const terms: Term[] = [];
  for (const { y, x, i, j } of windowsOver(a, row, column)) {
    for (const unit of of.unitsOf(c)) {
      const dOutput = factor(layer, `${of.output}/gradient`, outputIndex(of, n, y, x, unit));
      const weight = factor(layer, of.kernel, of.weightOf(i * a.kernelWidth + j, c, unit));
      terms.push(term(pixelLabel(layer, n, y, x, `${of.unit} ${unit}`), dOutput, weight));
    }
  }
  return makeTerms(layer, place, terms, { formula, note: terms.length === 0 ? 'No window covers it.' : '' });
}

/** What each position sends back to a weight of a unit: its dOutput times what `leftOf` says of the picture, row and column. */
function everyPosition(
  layer: LayerNumbers,
  of: Convolution,
  unit: number,
  leftOf: (n: number, y: number, x: number) => Factor & Pick<Term, 'isPadding'>,
): Term[] {
  const { outputHeight, outputWidth } = of.window;
  const terms: Term[] = [];
  for (let n = 0; n < layer.rows; n++) {
    for (let y = 0; y < outputHeight; y++) {
      for (let x = 0; x < outputWidth; x++) {
        const { isPadding, ...left } = leftOf(n, y, x);
        const dOutput = factor(layer, `${of.output}/gradient`, outputIndex(of, n, y, x, unit));
        terms.push(term(pixelLabel(layer, n, y, x, `${of.unit} ${unit}`), left, dOutput, isPadding ? { isPadding } : {}));
      }
    }
  }
  return terms;
}

const SHARED = 'One weight serves every position: all of them send back what they want of it.';

/** The gradient of a weight of its kernel: what it saw at every position, times what came back. */
export function kernelTerms(layer: LayerNumbers, place: Place, of: Convolution, formula: string): Terms {
  const a = of.window;
  // The weights of one place of the window.
  const within = of.weightOf(1, 0, 0);
  const at = Math.floor(place.index / within);
  const [i, j] = [Math.floor(at / a.kernelWidth), at % a.kernelWidth];
  const [c, unit] = of.channelAndUnit(place.index % within);
  const terms = everyPosition(layer, of, unit, (n, y, x) => {
    const { row, column, isPadding } = under(a, [y, x], [i, j]);
    return isPadding ? { ...constant(0), isPadding } : factor(layer, of.input, pixelIndex(a, n, row, column, c));
  });
  return makeTerms(layer, place, terms, { formula, note: SHARED });
}

/** The gradient of a bias: all that came back. */
export function biasTerms(layer: LayerNumbers, place: Place, of: Convolution): Terms {
  const terms = everyPosition(layer, of, place.index, () => constant(1));
  const unit = of.unit[0];
  return makeTerms(layer, place, terms, { formula: `dBias[${unit}] = Σ over pictures, y, x of dOutput[y, x, ${unit}]`, note: SHARED });
}
