/** How well a score tells the rows of one class from all others, at each threshold. What is said about numbers is scikit-learn's definition. */

/** By threshold, the highest first: rows whose score is at least so high are taken for the class. */
export interface RocCurve {
  /** Share of other classes' rows that are taken for it. */
  readonly falsePositiveRate: readonly number[];
  /** Share of its own rows that are. */
  readonly truePositiveRate: readonly number[];
  /** The first is Infinity: there no row is taken. */
  readonly thresholds: readonly number[];
  /** Area under the curve: how likely a row of the class has a higher score than one of the others. */
  readonly auc: number;
}

/** By threshold, the lowest first. The last point, precision 1 and recall 0, has none. */
export interface PrecisionRecallCurve {
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly thresholds: readonly number[];
  /** Mean of the precisions, each weighted by the recall that is won there. */
  readonly averagePrecision: number;
}

export interface BestThreshold {
  readonly threshold: number;
  /** Mean of the shares of rows of the class, and of others, that are told right there. */
  readonly balancedAccuracy: number;
}

/** Rows taken for the class at each score that occurs, the highest first. */
interface Taken {
  readonly thresholds: readonly number[];
  readonly right: readonly number[];
  readonly wrong: readonly number[];
}

/** Source: sklearn/metrics/_ranking.py, _binary_clf_curve. */
function takenAt(scores: ArrayLike<number>, isOfClass: readonly boolean[]): Taken {
  const order = isOfClass.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const thresholds: number[] = [];
  const right: number[] = [];
  const wrong: number[] = [];
  let counts = [0, 0] as [number, number];
  for (const [at, row] of order.entries()) {
    counts = isOfClass[row] ? [counts[0] + 1, counts[1]] : [counts[0], counts[1] + 1];
    const isLastOfScore = at + 1 === order.length || scores[order[at + 1]!] !== scores[row];
    if (!isLastOfScore) continue;
    thresholds.push(scores[row]!);
    right.push(counts[0]);
    wrong.push(counts[1]);
  }
  return { thresholds, right, wrong };
}

/** The points at these indices. */
const pick = <T>(values: readonly T[], indices: readonly number[]): T[] => indices.map(i => values[i]!);

const indicesWhere = (count: number, holds: (i: number) => boolean): number[] =>
  Array.from({ length: count }, (_, i) => i).filter(i => i === 0 || i === count - 1 || holds(i));

/** None where the rows are all of the class, or none is. Points on a straight line between others are left out. Source: sklearn.metrics.roc_curve. */
export function rocCurve(scores: ArrayLike<number>, isOfClass: readonly boolean[]): RocCurve | undefined {
  const { thresholds, right, wrong } = takenAt(scores, isOfClass);
  const [allRight, allWrong] = [right.at(-1), wrong.at(-1)];
  if (!allRight || !allWrong) return undefined;
  const bends = (values: readonly number[], i: number): boolean => values[i + 1]! - 2 * values[i]! + values[i - 1]! !== 0;
  const kept = indicesWhere(thresholds.length, i => bends(wrong, i) || bends(right, i));
  const falsePositiveRate = [0, ...pick(wrong, kept).map(count => count / allWrong)];
  const truePositiveRate = [0, ...pick(right, kept).map(count => count / allRight)];
  const auc = falsePositiveRate.reduce((sum, rate, i) => {
    if (i === 0) return 0;
    return sum + ((rate - falsePositiveRate[i - 1]!) * (truePositiveRate[i]! + truePositiveRate[i - 1]!)) / 2;
  }, 0);
  return { falsePositiveRate, truePositiveRate, thresholds: [Infinity, ...pick(thresholds, kept)], auc };
}

/** None where no row is of the class. Points between others of the same recall are left out. Source: sklearn.metrics.precision_recall_curve. */
export function precisionRecallCurve(scores: ArrayLike<number>, isOfClass: readonly boolean[]): PrecisionRecallCurve | undefined {
  const { thresholds, right, wrong } = takenAt(scores, isOfClass);
  const all = right.at(-1);
  if (!all) return undefined;
  const precisions = right.map((count, i) => count / (count + wrong[i]!));
  const averagePrecision = right.reduce((sum, count, i) => sum + ((count - (right[i - 1] ?? 0)) / all) * precisions[i]!, 0);
  const kept = indicesWhere(thresholds.length, i => right[i] !== right[i - 1] || right[i] !== right[i + 1]).reverse();
  return {
    precision: [...pick(precisions, kept), 1],
    recall: [...pick(right, kept).map(count => count / all), 0],
    thresholds: pick(thresholds, kept),
    averagePrecision,
  };
}

/**
 * The threshold of the best balanced accuracy, of equally good ones the highest: the point of the curve farthest above its diagonal.
 * Source: Youden, Index for rating diagnostic tests, 1950
 */
export function bestThreshold({ thresholds, truePositiveRate, falsePositiveRate }: RocCurve): BestThreshold {
  const balanced = truePositiveRate.map((rate, i) => (rate + 1 - falsePositiveRate[i]!) / 2);
  // Points after the first, where nothing is taken.
  const best = balanced.reduce((found, value, i) => (value > balanced[found]! && i > 0 ? i : found), 1);
  return { threshold: thresholds[best]!, balancedAccuracy: balanced[best]! };
}
