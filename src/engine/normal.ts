/** Terms of erf's series, and levels of erfc's fraction: more change no float64. */
const TERMS = 80;

/** Below it the series is taken, from it on the fraction. */
const SERIES_END = 2.5;

/**
 * erfc(x) in float64. Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964: 7.1.6, erf(x) = 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!,
 * whose terms have one sign, and 7.1.14, √π exp(x²) erfc(x) = 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + …)))).
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < SERIES_END) {
    let [term, sum] = [x, x];
    for (let n = 1; n < TERMS; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = x;
  for (let n = TERMS; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

/** The share of the standard normal distribution below x, and its density at x. */
export const shareBelow = (x: number): number => erfc(-x / Math.SQRT2) / 2;
export const bell = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
