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

/**
 * How far a kernel may lie from the reference, relative to the tensor's largest value.
 * float32 sums of a few thousand products round to about 1e-6; the reference sums in float64.
 */
export const TOLERANCE = 3e-6;
