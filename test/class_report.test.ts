import { describe, expect, test } from 'vitest';
import { classReport, wilsonInterval } from '../src/inspect/class_report.js';
import { balancedClassWeight } from '../src/nn/class_weights.js';
import { fixtureJson } from './helpers/shared.js';

interface Scores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

interface Case {
  readonly name: string;
  readonly classes: number;
  readonly probabilities: readonly number[];
  readonly labels: readonly number[];
  readonly confusion: readonly (readonly number[])[];
  readonly accuracy: number;
  readonly scores: readonly Scores[];
  readonly macro: Scores;
  readonly weighted: Scores;
  readonly curves: readonly {
    readonly roc?: { readonly fpr: number[]; readonly tpr: number[]; readonly thresholds: (number | null)[] };
    readonly auc?: number;
    readonly precision_recall?: { readonly precision: number[]; readonly recall: number[]; readonly thresholds: number[] };
    readonly average_precision?: number;
  }[];
  readonly balanced?: readonly number[];
  readonly threshold?: { readonly threshold: number; readonly balanced_accuracy: number; readonly before: number };
}

const cases = fixtureJson<readonly Case[]>('class_report.json');

/** Double-precision numbers, whose sums are taken in another order. */
const near = (wanted: number) => expect.closeTo(wanted, 12);
const allNear = (wanted: readonly number[]) => wanted.map(near);
const scores = ({ precision, recall, f1, support }: Scores) => ({
  precision: near(precision),
  recall: near(recall),
  f1: near(f1),
  support,
});

test("balanced class weights are scikit-learn's", () => {
  const drawn = cases.filter(({ balanced }) => balanced);
  expect(drawn.length).toBeGreaterThan(4);
  for (const { labels, balanced } of drawn) expect(Object.values(balancedClassWeight(labels))).toEqual(allNear(balanced!));
  expect(balancedClassWeight([0, 0, 2, 2, 2, 2], 4)).toEqual({ 0: 1.5, 1: 1, 2: 0.75, 3: 1 });
  expect(() => balancedClassWeight([0, 1.5])).toThrow('row 1 has class 1.5');
});

describe('a report of classes has the numbers of scikit-learn', () => {
  test.each(cases.map(each => [each.name, each] as const))('%s', (_, wanted) => {
    const names = Array.from({ length: wanted.classes }, (_, i) => `c${i}`);
    const report = classReport(wanted.probabilities, wanted.labels, names);
    expect(report.confusion).toEqual(wanted.confusion);
    expect(report.accuracy).toEqual(near(wanted.accuracy));
    expect(report.macro).toEqual(scores(wanted.macro));
    expect(report.weighted).toEqual(scores(wanted.weighted));
    for (const [i, { name, roc, precisionRecall, ...found }] of report.classes.entries()) {
      const curves = wanted.curves[i]!;
      expect(name).toBe(names[i]);
      expect(found).toEqual(scores(wanted.scores[i]!));
      expect(roc).toEqual(
        curves.roc && {
          falsePositiveRate: allNear(curves.roc.fpr),
          truePositiveRate: allNear(curves.roc.tpr),
          thresholds: [Infinity, ...allNear(curves.roc.thresholds.slice(1) as number[])],
          auc: near(curves.auc!),
        },
      );
      expect(precisionRecall).toEqual(
        curves.precision_recall && {
          precision: allNear(curves.precision_recall.precision),
          recall: allNear(curves.precision_recall.recall),
          thresholds: allNear(curves.precision_recall.thresholds),
          averagePrecision: near(curves.average_precision!),
        },
      );
    }
    expect(report.threshold).toEqual(
      wanted.threshold && {
        threshold: near(wanted.threshold.threshold),
        balancedAccuracy: near(wanted.threshold.balanced_accuracy),
        before: near(wanted.threshold.before),
      },
    );
  });

  test('probabilities that are not one a row and class are refused', () => {
    expect(() => classReport([0.5, 0.5, 0.5], [0, 1], ['a', 'b'])).toThrow('3 probabilities were given for 2 rows and 2 classes');
    expect(() => classReport([0.5, 0.5], [0, 2], ['a', 'b'])).toThrow('row 1 has class 2, wanted a whole number from 0 to 1');
  });
});

test("Wilson's interval is that of Newcombe's published examples", () => {
  // Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
  const published = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const;
  for (const [right, rows, low, high] of published) {
    const interval = wilsonInterval(right, rows);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  }
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});

test('a report of what is no number is refused, as by scikit-learn', () => {
  expect(() => classReport([0.5, Number.NaN], [0, 1], ['a', 'b'])).toThrow('row 1 has NaN, wanted finite numbers');
});
