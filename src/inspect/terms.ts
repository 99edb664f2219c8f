import type { Combine, InspectedLayer, Inspection, Place, Term, Terms } from './types.js';

/** A factor of a product: a number, and where it lies in a buffer. */
export interface Factor {
  readonly value: number;
  readonly at?: Place;
}

export const constant = (value: number): Factor => ({ value });

/** The numbers of a tensor of an inspection. Throws where it was not read. */
export function dataOf(inspection: Inspection, tensor: string): Float32Array | Uint32Array {
  const found = inspection.tensors[tensor];
  if (!found) throw new Error(`inspection: it has no '${tensor}'; it has ${Object.keys(inspection.tensors).join(', ')}`);
  return found.data;
}

export function factor(inspection: Inspection, tensor: string, index: number): Factor {
  return { value: dataOf(inspection, tensor)[index]!, at: { tensor, index } };
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
  inspection: Inspection,
  place: Place,
  terms: readonly Term[],
  { formula, combine = 'sum', bias, note = '' }: TermsOptions,
): Terms {
  return {
    place,
    value: dataOf(inspection, place.tensor)[place.index]!,
    formula,
    combine,
    terms,
    ...(bias?.at && { bias: { value: bias.value, at: bias.at } }),
    sum: combined(combine, terms, bias?.value ?? 0),
    note,
  };
}

/** The terms that weigh most, the heaviest first, and what the others add up to. Numbers may have a hundred thousand terms: they are not sorted. */
export function largestTerms({ terms }: Terms, limit: number): { readonly shown: readonly Term[]; readonly rest: number } {
  const shown: Term[] = [];
  let rest = 0;
  for (const each of terms) {
    const weight = Math.abs(each.product);
    let [at, end] = [0, shown.length];
    while (at < end) {
      const middle = (at + end) >> 1;
      if (Math.abs(shown[middle]!.product) < weight) end = middle;
      else at = middle + 1;
    }
    if (at < limit) shown.splice(at, 0, each);
    else rest += each.product;
    if (shown.length > limit) rest += shown.pop()!.product;
  }
  return { shown, rest };
}

/** Name of the tensor that a layer takes. */
export const inputOf = (index: number): string => (index === 0 ? 'input' : `layer${index - 1}/output`);

/** Name of what a layer's activation is computed from, or of its output where it has no activation. */
export function linearOf({ index, kind, activation }: InspectedLayer): string {
  if (activation === 'linear') return `layer${index}/output`;
  return kind === 'activation' ? inputOf(index) : `layer${index}/pre_activation`;
}

/** [n, y, x, c] of a flat index into [rows, height, width, channels]. */
export function position(index: number, [height, width, channels]: readonly [number, number, number]): [number, number, number, number] {
  const pixel = Math.floor(index / channels);
  const row = Math.floor(pixel / width);
  return [Math.floor(row / height), row % height, pixel % width, index % channels];
}

/** How a place in a batch of pictures is called: 'row 3, column 4, channel 2'. */
export function pixelLabel({ rows }: Inspection, n: number, y: number, x: number, channel: string): string {
  return `${rows > 1 ? `picture ${n}, ` : ''}row ${y}, column ${x}, ${channel}`;
}
