import { pathToFileURL } from 'node:url';

/** A rational number: numerator and denominator, cut down, the sign above. */
export type Fraction = readonly [bigint, bigint];
export type Matrix = readonly (readonly Fraction[])[];

function fraction(above: bigint, below = 1n): Fraction {
  const divisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisor(b, a % b));
  const common = divisor(above < 0n ? -above : above, below < 0n ? -below : below) * (below < 0n ? -1n : 1n);
  return [above / common, below / common];
}

const ZERO = fraction(0n);
const ONE = fraction(1n);
const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => fraction(a * c, b * d);
const minus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => fraction(a * d - c * b, b * d);
const over = ([a, b]: Fraction, [c, d]: Fraction): Fraction => fraction(a * d, b * c);

export const toNumber = ([above, below]: Fraction): number => Number(above) / Number(below);

/** Coefficients, lowest power first, of the product of (x - root) over some roots. */
function polynomial(roots: readonly Fraction[]): Fraction[] {
  let coefficients = [ONE];
  for (const root of roots) {
    const [higher, lower] = [
      [ZERO, ...coefficients],
      [...coefficients, ZERO],
    ];
    coefficients = higher.map((coefficient, i) => minus(coefficient, times(root, lower[i]!)));
  }
  return coefficients;
}

/** The matrices of a fast convolution in one dimension: output = outputT · ((kernel · g) ⊙ (inputT · d)). */
export interface FastConvolution {
  /** G: [positions, taps]. */
  readonly kernel: Matrix;
  /** B^T: [positions, inputs], as many of one as of the other. */
  readonly inputT: Matrix;
  /** A^T: [outputs, positions]. */
  readonly outputT: Matrix;
}

/**
 * F(outputs, taps) by Cook and Toom: the product of two polynomials is known by its values at as many points as it has coefficients, one of which may be
 * infinity; the sliding dot product is that product's transpose. `points` are the others: outputs + taps - 2 of them.
 * Source: Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution
 * for Deep Neural Networks", https://arxiv.org/abs/1803.10986
 */
export function cookToom(outputs: number, taps: number, points: readonly Fraction[]): FastConvolution {
  const wanted = outputs + taps - 2;
  if (points.length !== wanted)
    throw new Error(`F(${outputs}, ${taps}) takes ${wanted} points besides infinity, ${points.length} were given`);
  const powers = (point: Fraction, count: number): Fraction[] =>
    Array.from({ length: count }, (_, power) => Array.from({ length: power }, () => point).reduce(times, ONE));
  const last = (count: number): Fraction[] => Array.from({ length: count }, (_, i) => (i === count - 1 ? ONE : ZERO));
  const others = (point: Fraction): Fraction[] => points.filter(other => other !== point);
  const kernelRow = (point: Fraction): Fraction[] => {
    const scale = others(point).reduce((product, other) => times(product, minus(point, other)), ONE);
    return powers(point, taps).map(power => over(power, scale));
  };
  const columns = [...points.map(point => powers(point, outputs)), last(outputs)];
  return {
    kernel: [...points.map(kernelRow), last(taps)],
    inputT: [...points.map(point => [...polynomial(others(point)), ZERO]), polynomial(points)],
    outputT: Array.from({ length: outputs }, (_, i) => columns.map(column => column[i]!)),
  };
}

/** The points of shaders/winograd4_*.wgsl: 0, 3/4, -3/4, 3/2, -3/2, and infinity. All factors are exact in float32. */
export const F4_POINTS: readonly Fraction[] = [ZERO, fraction(3n, 4n), fraction(-3n, 4n), fraction(3n, 2n), fraction(-3n, 2n)];

/** Prints the matrices of F(4, 3): node dist/bench/cook_toom.js */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, matrix] of Object.entries(cookToom(4, 3, F4_POINTS)) as [string, Matrix][]) {
    console.log(name);
    for (const row of matrix) console.log(row.map(([above, below]) => `${above}${below === 1n ? '' : `/${below}`}`.padStart(8)).join(''));
  }
}
