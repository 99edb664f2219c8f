import type { Term, Terms } from '../nn/terms.js';

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
