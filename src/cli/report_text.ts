import { plain } from '../data/plain.js';
import type { ClassReport, ClassScores, ReportedClass } from '../inspect/class_report.js';

const COLUMNS = ['precision', 'recall', 'F1', 'images', 'AUC', 'AP'] as const;
const WIDTH = 11;

const share = (value: number): string => value.toFixed(3);

/** Scores of each class for the terminal: what scikit-learn's classification_report has, and the areas under the curves. */
export function scoresTable({ classes, macro, weighted }: ClassReport): string {
  const rows = [
    ...classes.map(each => ({ name: plain(each.name), scores: each, areas: areasOf(each) })),
    { name: 'mean of classes', scores: macro, areas: [] },
    { name: 'mean by images', scores: weighted, areas: [] },
  ];
  const first = Math.max(...rows.map(({ name }) => name.length));
  const head = ''.padEnd(first) + COLUMNS.map(column => column.padStart(WIDTH)).join('');
  const lines = rows.map(({ name, scores, areas }) => {
    const cells = [...cellsOf(scores), ...areas];
    return name.padEnd(first) + cells.map(cell => cell.padStart(WIDTH)).join('');
  });
  return [head, ...lines].join('\n');
}

const cellsOf = ({ precision, recall, f1, support }: ClassScores): string[] => [...[precision, recall, f1].map(share), `${support}`];

const areasOf = ({ roc, precisionRecall }: ReportedClass): string[] =>
  [roc?.auc, precisionRecall?.averagePrecision].map(area => (area === undefined ? '-' : share(area)));

/** What else people are told: the threshold that parts two classes best. */
export function thresholdLine({ classes, threshold }: ClassReport): string | undefined {
  if (!threshold) return undefined;
  const { threshold: from, balancedAccuracy, before } = threshold;
  return (
    `Best threshold: '${plain(classes[1]!.name)}' from ${from.toPrecision(4)} on has the best balanced accuracy on these images, ` +
    `${share(balancedAccuracy)} (as predicted, at 0.5: ${share(before)}). Others may want another.`
  );
}

/** The report for programs. Curves are lists of the same length; a threshold above all, which JSON has no number for, is null. */
export function reportJson({ confusion, accuracyInterval, classes, macro, weighted, threshold }: ClassReport): Record<string, unknown> {
  return {
    confusion,
    acc_interval: accuracyInterval,
    classes: classes.map(({ roc, precisionRecall, ...scores }) => ({
      ...scores,
      auc: roc?.auc ?? null,
      average_precision: precisionRecall?.averagePrecision ?? null,
      roc: roc && { fpr: roc.falsePositiveRate, tpr: roc.truePositiveRate, thresholds: roc.thresholds },
      precision_recall: precisionRecall && {
        precision: precisionRecall.precision,
        recall: precisionRecall.recall,
        thresholds: precisionRecall.thresholds,
      },
    })),
    macro,
    weighted,
    threshold: threshold && {
      class: classes[1]!.name,
      criterion: 'balanced_accuracy',
      threshold: threshold.threshold,
      balanced_accuracy: threshold.balancedAccuracy,
      balanced_accuracy_at_half: threshold.before,
    },
  };
}
