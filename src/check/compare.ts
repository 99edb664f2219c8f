import type { Node } from '../engine/graph.js';
import { sizeOf } from '../engine/shape.js';
import type { NumberArray } from '../engine/tensor.js';

/** The worst difference between two tensors, relative to the largest value of the wanted one; of integers, the share that differs. */
export interface Difference {
  /** Infinity where a number is missing or is not finite in one of them only. */
  readonly error: number;
  readonly index: number;
  readonly found: number;
  readonly wanted: number;
}

export function compare(found: NumberArray, wanted: NumberArray): Difference {
  if (found.length !== wanted.length)
    return { error: Infinity, index: Math.min(found.length, wanted.length), found: found.length, wanted: wanted.length };
  if (wanted instanceof Uint32Array) return compareIntegers(found, wanted);
  let scale = 0;
  for (const value of wanted) scale = Math.max(scale, Math.abs(value));
  let worst = { error: 0, index: 0, found: found[0] ?? 0, wanted: wanted[0] ?? 0 };
  for (let index = 0; index < wanted.length; index++) {
    const difference = Math.abs(found[index]! - wanted[index]!);
    const same = Object.is(found[index], wanted[index]) || difference === 0;
    const error = same ? 0 : Number.isFinite(difference) ? difference / (scale || 1) : Infinity;
    if (error > worst.error) worst = { error, index, found: found[index]!, wanted: wanted[index]! };
  }
  return worst;
}

/** Integers say which value won: where two nearly tie, two right kernels may differ. */
function compareIntegers(found: NumberArray, wanted: Uint32Array): Difference {
  let different = 0;
  let first = 0;
  for (let index = 0; index < wanted.length; index++) {
    if (found[index] === wanted[index]) continue;
    if (different === 0) first = index;
    different += 1;
  }
  return { error: different / wanted.length, index: first, found: found[first] ?? 0, wanted: wanted[first] ?? 0 };
}

/** What one rounding of float32 changes at most, relative to the number. */
const ROUNDOFF = 2 ** -24;

/**
 * What WGSL leaves an adapter for a number that is no sum, in roundings: exp(x) 3 + 2 |x| units in the last place, which are 2 roundings each, of arguments up to 8 here, a
 * division 2.5, and a few products, fused with their sums or not. Source: WGSL, "Floating Point Accuracy"
 */
const OF_FUNCTIONS = 48;

/**
 * How far a kernel may lie from the reference, which sums in float64, relative to the tensor's largest value: what the format leaves. Of a sum of n products in
 * any order each partial sum rounds by chance up or down: by 0.4 sqrt(n) roundings of the result together in the mean, and no more than by five times that among
 * the numbers of a tensor. `amplification`: what a variant's transforms make of their roundings. Source: Higham and Mary, "A New Approach to Probabilistic Rounding Error Analysis"
 */
export function toleranceOf({ cost, outputs, updates }: Node, amplification = 0): number {
  const numbers = Object.values({ ...outputs, ...updates }).reduce((most, { shape }) => Math.max(most, sizeOf(shape)), 1);
  const terms = cost.flops / 2 / numbers;
  return ROUNDOFF * (OF_FUNCTIONS + 2 * Math.sqrt(terms) + amplification);
}
