import type { Shape } from '../engine/shape.js';

/** Numbers of a buffer, row after row. */
export interface InspectedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Uint32Array;
}

/** What the buffers of a step held, by name. */
export interface Numbers {
  readonly tensors: Readonly<Record<string, InspectedTensor>>;
  /** Pictures; a batch that is not full has more rows in its tensors, which count for nothing. */
  readonly rows: number;
}

/** What explains a layer's numbers: what the buffers held, and how the tensors around the layer are named. */
export interface LayerNumbers extends Numbers {
  /** Without the batch axis. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Names of what it takes, of what it gives, and of what its activation is computed from (its output where it has none). */
  readonly input: string;
  readonly output: string;
  readonly linear: string;
  /** Whether the step trained: dropout dropped, states were updated. */
  readonly training: boolean;
  /** Whether the layer is trained. */
  readonly trainable: boolean;
  /** Name of a tensor of its own: of 'kernel', 'layer0/kernel'. */
  own(part: string): string;
}

/** A number in a tensor of an inspection: its flat index. */
export interface Place {
  readonly tensor: string;
  readonly index: number;
}

/** One of the things that make a number: product = left * right, in float64 of what the buffers hold. */
export interface Term {
  /** Where it stands, for people: 'row 3, column 4, channel 2'. */
  readonly label: string;
  readonly left: number;
  readonly right: number;
  readonly product: number;
  /**
   * Where the factors come from; absent where a factor is no number of a buffer (a 1, a constant, the zeros around a picture). Of an exponential, a square
   * or a slope, the number that it was computed from.
   */
  readonly leftAt?: Place;
  readonly rightAt?: Place;
  /** A place outside the picture: padding, counts as 0. */
  readonly isPadding?: true;
  /** The one that 'max' and 'share' take. */
  readonly isChosen?: true;
}

/**
 * How the terms make the number. 'sum': products and the bias are added; 'max': the largest product; 'share': the chosen product over the sum
 * of all (softmax).
 */
export type Combine = 'sum' | 'max' | 'share';

/** How one number was computed. */
export interface Terms {
  readonly place: Place;
  /** What the buffer holds. */
  readonly value: number;
  /** In the field's notation: 'output[y, x, f] = bias[f] + Σ input · kernel'. */
  readonly formula: string;
  readonly combine: Combine;
  readonly terms: readonly Term[];
  readonly bias?: { readonly value: number; readonly at: Place };
  /** What the terms come to in float64; `value` was rounded to float32 on the way. */
  readonly sum: number;
  /** A sentence on what is remarkable here; may be empty. */
  readonly note: string;
}

/** The optimizer's step for one weight: how m and v (or SGD's velocity) were computed, then the weight. */
export interface UpdateTerms {
  readonly place: Place;
  readonly gradient: number;
  readonly slots: readonly Terms[];
  readonly weight: Terms;
  /** Numbers on the way, by name: Adam's m̂, v̂, stepSize, t. */
  readonly steps: readonly { readonly label: string; readonly formula: string; readonly value: number }[];
}

/** A factor of a product: a number, and where it lies in a buffer. */
export interface Factor {
  readonly value: number;
  readonly at?: Place;
}

export const constant = (value: number): Factor => ({ value });

/** The numbers of a tensor of an inspection. Throws where it was not read. */
export function dataOf(numbers: Numbers, tensor: string): Float32Array | Uint32Array {
  const found = numbers.tensors[tensor];
  if (!found) throw new Error(`inspection: it has no '${tensor}'; it has ${Object.keys(numbers.tensors).join(', ')}`);
  return found.data;
}

export function factor(numbers: Numbers, tensor: string, index: number): Factor {
  return { value: dataOf(numbers, tensor)[index]!, at: { tensor, index } };
}

export function term(label: string, left: Factor, right: Factor, more: Pick<Term, 'isPadding' | 'isChosen'> = {}): Term {
  return {
    label,
    left: left.value,
    right: right.value,
    product: left.value * right.value,
    ...(left.at && { leftAt: left.at }),
    ...(right.at && { rightAt: right.at }),
    ...more,
  };
}

/** Puts terms together as `combine` says. */
function combined(combine: Combine, terms: readonly Term[], bias: number): number {
  if (combine === 'max')
    return terms.filter(({ isPadding }) => !isPadding).reduce((most, { product }) => Math.max(most, product), -Infinity);
  const sum = terms.reduce((total, { product }) => total + product, bias);
  return combine === 'sum' ? sum : terms.find(({ isChosen }) => isChosen)!.product / sum;
}

export interface TermsOptions {
  readonly formula: string;
  readonly combine?: Combine;
  readonly bias?: Factor;
  readonly note?: string;
}

export function makeTerms(
  numbers: Numbers,
  place: Place,
  terms: readonly Term[],
  { formula, combine = 'sum', bias, note = '' }: TermsOptions,
): Terms {
  return {
    place,
    value: dataOf(numbers, place.tensor)[place.index]!,
    formula,
    combine,
    terms,
    ...(bias?.at && { bias: { value: bias.value, at: bias.at } }),
    sum: combined(combine, terms, bias?.value ?? 0),
    note,
  };
}

/** [n, y, x, c] of a flat index into [rows, height, width, channels]. */
export function position(index: number, [height, width, channels]: readonly [number, number, number]): [number, number, number, number] {
  const pixel = Math.floor(index / channels);
  const row = Math.floor(pixel / width);
  return [Math.floor(row / height), row % height, pixel % width, index % channels];
}

/** How a place in a batch of pictures is called: 'row 3, column 4, channel 2'. */
export function pixelLabel({ rows }: Numbers, n: number, y: number, x: number, channel: string): string {
  return `${rows > 1 ? `picture ${n}, ` : ''}row ${y}, column ${x}, ${channel}`;
}

/** A number that nothing in the model computes. */
export function givenTerms(numbers: Numbers, place: Place, note: string): Terms {
  const terms = [term('given', factor(numbers, place.tensor, place.index), constant(1))];
  return makeTerms(numbers, place, terms, { formula: 'given', note });
}

/** An output that is the input's number at the same place. */
export function sameTerms(layer: LayerNumbers, place: Place, note = ''): Terms {
  return makeTerms(layer, place, [term('input', factor(layer, layer.input, place.index), constant(1))], {
    formula: 'output = input',
    note,
  });
}

/** The gradient of an input that is the output at the same place. */
export function sameGradientTerms(layer: LayerNumbers, place: Place): Terms {
  const terms = [term('output', factor(layer, `${layer.output}/gradient`, place.index), constant(1))];
  return makeTerms(layer, place, terms, { formula: 'dInput = dOutput' });
}
