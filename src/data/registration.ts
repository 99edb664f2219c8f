import { GRID } from './signature.js';

const PLACES = GRID ** 2;
const MIDDLE = (GRID - 1) / 2;

/** Of a fit: [a - 1, b, c, d, e - 1, f, gain, summand]: place (x, y), from the grid's middle, lies on (a x + b y + c, d x + e y + f) of the other grid. */
const PARAMETERS = 8;
const GAIN = 6;
const SUMMAND = 7;

const STEPS = 12;

/** After so many steps, and with so much left, a move does not help. */
const ENOUGH_STEPS = 3;
const HOPELESS = 0.6;

/** Places: a smaller change of a fit is none. */
const SETTLED = 0.002;

/** Places that a corner may move by. */
const MOST_SHIFT = 0.125 * GRID;

/** What brightness may be multiplied by between two of the same picture. */
const LEAST_GAIN = 0.6;
const MOST_GAIN = 1.7;

/** Of the places, those that have to be on both grids. */
const LEAST_SHARED = 0.7;

/** So little is left of one picture by another: there is no need to move it. */
export const SURE = 0.1;

/** Of 256: pictures of less contrast are compared as if they had this much. */
export const LEAST_CONTRAST = 20;

/** What a fit leaves of each place, NaN where the other grid has none, and how that changes with each parameter. */
interface Left {
  readonly differences: Float64Array;
  readonly slopes: Float64Array;
}

/**
 * How far two pictures differ where they differ most: `from` is moved, turned, scaled and brightened to lie on `to` as well as a small move can, and of what is left the largest mean of 3x3 places is
 * taken, in terms of the contrast. 0: the same. A mask drawn on a face is left, as no small move makes it. Infinity where they do not lie on one another.
 * `from`, `to`: GRID x GRID of brightness, smoothed.
 * Source: Lucas and Kanade, An iterative image registration technique, 1981, with weights that leave aside what differs
 */
export function differenceOf(from: Float64Array, to: Float64Array): number {
  const left: Left = { differences: new Float64Array(PLACES), slopes: new Float64Array(PLACES * PARAMETERS) };
  const [mean, deviation] = spread(to);
  const contrast = Math.max(deviation, LEAST_CONTRAST);
  const [fromMean, fromDeviation] = spread(from);
  const fit = new Float64Array(PARAMETERS);
  const gain = Math.min(Math.max(deviation / Math.max(fromDeviation, 1), LEAST_GAIN), MOST_GAIN);
  fit.set([gain, mean - gain * fromMean], GAIN);
  for (let step = 0; step < STEPS; step++) {
    if (take(from, to, fit, left) < LEAST_SHARED * PLACES) return Infinity;
    if (step === 0 && largest(left.differences) <= SURE * contrast) break;
    if (step === ENOUGH_STEPS && largest(left.differences) > HOPELESS * contrast) return Infinity;
    const change = improvement(left);
    for (let i = 0; i < PARAMETERS; i++) fit[i]! += change[i]!;
    if (!isSmall(fit)) return Infinity;
    if (change.subarray(0, GAIN).every(value => Math.abs(value) < SETTLED)) break;
  }
  take(from, to, fit, left);
  return largest(left.differences) / contrast;
}

/** Mean and standard deviation. */
export function spread(grid: ArrayLike<number>): readonly [mean: number, deviation: number] {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < PLACES; i++) {
    sum += grid[i]!;
    squares += grid[i]! ** 2;
  }
  const mean = sum / PLACES;
  return [mean, Math.sqrt(Math.max(squares / PLACES - mean ** 2, 0))];
}

/** Each place with a share of those around it: between places that differ less, what lies between is better known. */
export function smoothed(grid: Uint8Array): Float64Array {
  const along = (values: ArrayLike<number>, step: number): Float64Array =>
    Float64Array.from({ length: PLACES }, (_, at) => {
      const place = step === 1 ? at % GRID : Math.floor(at / GRID);
      const before = values[place === 0 ? at : at - step]!;
      const after = values[place === GRID - 1 ? at : at + step]!;
      return (before + 2 * values[at]! + after) / 4;
    });
  return along(along(grid, 1), GRID);
}

/** What a fit leaves; the number of places that are on both grids. */
function take(from: Float64Array, to: Float64Array, p: Float64Array, { differences, slopes }: Left): number {
  let shared = 0;
  for (let place = 0; place < PLACES; place++) {
    const x = (place % GRID) - MIDDLE;
    const y = Math.floor(place / GRID) - MIDDLE;
    const atX = MIDDLE + x + p[0]! * x + p[1]! * y + p[2]!;
    const atY = MIDDLE + y + p[3]! * x + p[4]! * y + p[5]!;
    if (!(atX >= 0 && atY >= 0 && atX <= GRID - 1 && atY <= GRID - 1)) {
      differences[place] = Number.NaN;
      continue;
    }
    shared += 1;
    const left = Math.min(Math.floor(atX), GRID - 2);
    const top = Math.min(Math.floor(atY), GRID - 2);
    const u = atX - left;
    const v = atY - top;
    const at = top * GRID + left;
    const a = from[at]!;
    const b = from[at + 1]! - a;
    const c = from[at + GRID]! - a;
    const d = from[at + GRID + 1]! - a - b - c;
    const value = a + u * b + v * c + u * v * d;
    const dx = p[GAIN]! * (b + v * d);
    const dy = p[GAIN]! * (c + u * d);
    const brightened = p[GAIN]! * value + p[SUMMAND]!;
    const shown = Math.min(Math.max(brightened, 0), 255);
    differences[place] = to[place]! - shown;
    const slope = place * PARAMETERS;
    // What would be brighter than white is white, whatever changes a little.
    if (brightened !== shown) {
      slopes.fill(0, slope, slope + PARAMETERS);
      continue;
    }
    slopes[slope] = dx * x;
    slopes[slope + 1] = dx * y;
    slopes[slope + 2] = dx;
    slopes[slope + 3] = dy * x;
    slopes[slope + 4] = dy * y;
    slopes[slope + 5] = dy;
    slopes[slope + GAIN] = value;
    slopes[slope + SUMMAND] = 1;
  }
  return shared;
}

/** The change of a fit that leaves least, by weighted least squares. */
function improvement({ differences, slopes }: Left): Float64Array {
  const isTold = (value: number, place: number): boolean => !Number.isNaN(value) && slopes[place * PARAMETERS + SUMMAND] === 1;
  const sizes = differences.filter(isTold).map(Math.abs).sort();
  // What differs far more than half of the places do is not what a move makes, and hardly counts.
  const usual = 1 + 1.5 * (sizes[sizes.length >> 1] ?? 0);
  const rows = Array.from({ length: PARAMETERS }, () => new Float64Array(PARAMETERS + 1));
  for (let place = 0; place < PLACES; place++) {
    const difference = differences[place]!;
    if (Number.isNaN(difference)) continue;
    const weight = (1 + (difference / usual) ** 2) ** -2;
    const slope = place * PARAMETERS;
    for (let i = 0; i < PARAMETERS; i++) {
      const row = rows[i]!;
      const own = weight * slopes[slope + i]!;
      for (let j = i; j < PARAMETERS; j++) row[j]! += own * slopes[slope + j]!;
      row[PARAMETERS]! += own * difference;
    }
  }
  for (let i = 0; i < PARAMETERS; i++) for (let j = 0; j < i; j++) rows[i]![j] = rows[j]![i]!;
  return solved(rows);
}

/** The solution of the equations that the rows are, by elimination. A little more on the diagonal: what nothing decides stays as it is. */
function solved(rows: readonly Float64Array[]): Float64Array {
  for (const [i, row] of rows.entries()) row[i]! += 1e-3 * row[i]! + 1e-6;
  for (let i = 0; i < PARAMETERS; i++) {
    for (let k = i + 1; k < PARAMETERS; k++) {
      const factor = rows[k]![i]! / rows[i]![i]!;
      for (let j = i; j <= PARAMETERS; j++) rows[k]![j]! -= factor * rows[i]![j]!;
    }
  }
  const solution = new Float64Array(PARAMETERS);
  for (let i = PARAMETERS - 1; i >= 0; i--) {
    let rest = rows[i]![PARAMETERS]!;
    for (let j = i + 1; j < PARAMETERS; j++) rest -= rows[i]![j]! * solution[j]!;
    solution[i] = rest / rows[i]![i]!;
  }
  return solution;
}

/** Whether a fit moves no corner far, and brightens little. */
function isSmall(p: Float64Array): boolean {
  const moved = (i: number): number => MIDDLE * (Math.abs(p[i]!) + Math.abs(p[i + 1]!)) + Math.abs(p[i + 2]!);
  return moved(0) <= MOST_SHIFT && moved(3) <= MOST_SHIFT && p[GAIN]! >= LEAST_GAIN && p[GAIN]! <= MOST_GAIN;
}

/** The largest mean of 3x3 places, two thirds of which are on both grids. */
function largest(differences: Float64Array): number {
  let most = 0;
  for (let y = 0; y + 3 <= GRID; y++) {
    for (let x = 0; x + 3 <= GRID; x++) {
      let sum = 0;
      let count = 0;
      for (let i = 0; i < 9; i++) {
        const difference = differences[(y + Math.floor(i / 3)) * GRID + x + (i % 3)]!;
        if (Number.isNaN(difference)) continue;
        sum += difference;
        count += 1;
      }
      if (count >= 6) most = Math.max(most, Math.abs(sum) / count);
    }
  }
  return most;
}
