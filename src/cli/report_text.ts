import { cutMiddle } from '../data/cut.js';
import { plain } from '../data/plain.js';
import type { ClassReport, ClassScores, ReportedClass } from '../inspect/class_report.js';

const COLUMNS = ['precision', 'recall', 'F1', 'images', 'AUC', 'AP'] as const;
const WIDTH = 11;

/** Characters of a class' name that tables have room for, and of a line of the confusion matrix that has the names above its columns. */
const LONGEST_NAME = 30;
const LONGEST_LINE = 100;

/** Names for a table. Those that are cut to the same stay apart by their number. */
function shortNames(classes: readonly string[]): string[] {
  const short = classes.map(name => cutMiddle(plain(name), LONGEST_NAME));
  return short.map((name, i) => (short.filter(other => other === name).length > 1 ? `${i} ${name}` : name));
}

/** The confusion matrix for the terminal: true classes down, predicted ones across, by their numbers where their names would take too wide a line. */
export function confusionText(classNames: readonly string[], confusion: readonly (readonly number[])[]): string {
  const head = 'true \\ predicted';
  const names = classNames.map(plain);
  const named = Math.max(...names.map(name => name.length), 5) + 2;
  const isNamed = Math.max(head.length, named) + named * names.length <= LONGEST_LINE;
  const numbered = shortNames(classNames).map((name, i) => `${`${i}`.padStart(`${names.length - 1}`.length)} ${name}`);
  const [across, down] = isNamed ? [names, names] : [names.map((_, i) => `${i}`), numbered];
  const width = isNamed ? named : Math.max(...confusion.flat().map(count => `${count}`.length), 3) + 2;
  const first = Math.max(head.length, ...down.map(name => name.length));
  const rows = confusion.map((counts, i) => down[i]!.padEnd(first) + counts.map(count => `${count}`.padStart(width)).join(''));
  return [head.padEnd(first) + across.map(name => name.padStart(width)).join(''), ...rows].join('\n');
}

const share = (value: number): string => value.toFixed(3);

/** Scores of each class for the terminal: what scikit-learn's classification_report has, and the areas under the curves. */
export function scoresTable({ classes, macro, weighted }: ClassReport): string {
  const names = shortNames(classes.map(({ name }) => name));
  const rows = [
    ...classes.map((each, i) => ({ name: names[i]!, scores: each, areas: areasOf(each) })),
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
  if (balancedAccuracy <= before) return `No threshold has a better balanced accuracy on these images than 0.5 has: ${share(before)}.`;
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
