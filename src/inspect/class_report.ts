import { type BestThreshold, bestThreshold, type PrecisionRecallCurve, precisionRecallCurve, type RocCurve, rocCurve } from './curves.js';
import { indexOfLargest } from './mistakes.js';

/** How well a class is told, from 0 to 1. What is not defined is 0, as scikit-learn has it: precision of a class that is never predicted, recall of one without rows. */
export interface ClassScores {
  /** Of the rows that were taken for the class, the share that is of it. */
  readonly precision: number;
  /** Of the class' rows, the share that was found. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
  /** Rows of the class. */
  readonly support: number;
}

export interface ReportedClass extends ClassScores {
  readonly name: string;
  /** The class against all others. None where there are no rows of it, or none of others. */
  readonly roc: RocCurve | undefined;
  readonly precisionRecall: PrecisionRecallCurve | undefined;
}

/** Of two classes, what taking the second from another probability than 0.5 on would give. */
export interface SecondClassThreshold extends BestThreshold {
  /** Balanced accuracy of what the model predicts. */
  readonly before: number;
}

export interface ClassReport {
  /** Rows by class and predicted class, [class][predicted]. */
  readonly confusion: readonly (readonly number[])[];
  readonly accuracy: number;
  /** Where the accuracy on other such rows would be, with 95 % certainty. */
  readonly accuracyInterval: readonly [number, number];
  readonly classes: readonly ReportedClass[];
  /** Means over the classes, each counting alike; `support` is the number of all rows. */
  readonly macro: ClassScores;
  /** Means over the classes, each counting by its rows. */
  readonly weighted: ClassScores;
  /** Of two classes that both have rows. */
  readonly threshold: SecondClassThreshold | undefined;
}

/** Of the normal distribution: 95 % lie within so many deviations. */
const Z95 = 1.959963984540054;

/**
 * The interval that the share of rows that are right lies in with 95 % certainty, of `right` out of `rows`. Also near 0 and 1 it stays between them.
 * Source: Wilson, Probable inference, the law of succession, and statistical inference, 1927
 */
export function wilsonInterval(right: number, rows: number): readonly [number, number] {
  if (rows === 0) return [0, 1];
  const share = right / rows;
  const square = Z95 ** 2 / rows;
  const middle = (share + square / 2) / (1 + square);
  const half = (Z95 / (1 + square)) * Math.sqrt((share * (1 - share)) / rows + square / (4 * rows));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function scoresOf(confusion: readonly (readonly number[])[], index: number): ClassScores {
  const right = confusion[index]![index]!;
  const support = confusion[index]!.reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, counts) => sum + counts[index]!, 0);
  return { precision: ratio(right, predicted), recall: ratio(right, support), f1: ratio(2 * right, predicted + support), support };
}

function meanOf(classes: readonly ClassScores[], weights: readonly number[]): ClassScores {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (of: 'precision' | 'recall' | 'f1'): number =>
    ratio(
      classes.reduce((sum, each, i) => sum + each[of] * weights[i]!, 0),
      total,
    );
  const support = classes.reduce((sum, each) => sum + each.support, 0);
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), support };
}

/** What one class is told by: of two classes its share of both, so that 0.5 parts them. */
function scoreOf(shares: readonly number[], index: number): number {
  if (shares.length !== 2) return shares[index]!;
  const total = shares[0]! + shares[1]!;
  return total === 0 ? 0.5 : shares[index]! / total;
}

/**
 * How well a model tells classes apart. `probabilities`: [rows, units] of its output; a single unit says how likely the second of two classes is. `labels`: the
 * class of each row, by its index in `classNames`.
 */
export function classReport(probabilities: ArrayLike<number>, labels: readonly number[], classNames: readonly string[]): ClassReport {
  const units = probabilities.length / labels.length;
  if (units !== classNames.length && !(units === 1 && classNames.length === 2)) {
    throw new Error(
      `classReport: ${probabilities.length} probabilities were given for ${labels.length} rows and ${classNames.length} classes, wanted one a row and class`,
    );
  }
  const rows = labels.map((label, row) => {
    if (!(Number.isInteger(label) && label >= 0 && label < classNames.length)) {
      throw new Error(`classReport: row ${row} has class ${label}, wanted a whole number from 0 to ${classNames.length - 1}`);
    }
    const shares = Array.from({ length: units }, (_, unit) => probabilities[row * units + unit]!);
    if (!shares.every(Number.isFinite)) throw new Error(`classReport: row ${row} has ${shares.join(', ')}, wanted finite numbers`);
    return units === 1 ? [1 - shares[0]!, shares[0]!] : shares;
  });
  const confusion = classNames.map(() => classNames.map(() => 0));
  for (const [row, shares] of rows.entries()) confusion[labels[row]!]![indexOfLargest(shares)]! += 1;
  const classes = classNames.map((name, index): ReportedClass => {
    const scores = rows.map(shares => scoreOf(shares, index));
    const isOfClass = labels.map(label => label === index);
    return {
      name,
      ...scoresOf(confusion, index),
      roc: rocCurve(scores, isOfClass),
      precisionRecall: precisionRecallCurve(scores, isOfClass),
    };
  });
  const right = classes.reduce((sum, _, i) => sum + confusion[i]![i]!, 0);
  const roc = classes.length === 2 ? classes[1]!.roc : undefined;
  const supports = classes.map(({ support }) => support);
  const macro = meanOf(
    classes,
    supports.map(() => 1),
  );
  return {
    confusion,
    accuracy: ratio(right, labels.length),
    accuracyInterval: wilsonInterval(right, labels.length),
    classes,
    macro,
    weighted: meanOf(classes, supports),
    threshold: roc && { ...bestThreshold(roc), before: macro.recall },
  };
}
