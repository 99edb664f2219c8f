import type { Tensor } from '../engine/tensor.js';
import { binaryAccuracy, categoricalAccuracy } from '../ops/accuracy.js';
import { confusion, scoreHistogram, topKAccuracy } from '../ops/metrics.js';
import { absoluteError, squaredError } from '../ops/regression.js';
import { shown } from './json.js';
import { LOSSES, type ResolvedLoss } from './losses.js';

/** What a metric is asked of: labels may be one-hot rows that were class numbers. */
type Labels = 'rows' | 'classes' | 'any';

/** Options of a metric that has some, each with Keras' default. */
interface MetricConfig {
  /** Of the top-k accuracies. Default 5. */
  readonly k?: number | undefined;
  /** Of precision and recall: above which an output says yes. Default 0.5. */
  readonly threshold?: number | undefined;
  /** Of the area under the curve. Default 200. */
  readonly numThresholds?: number | undefined;
}

/** A metric: what it counts of each batch, and what it makes of the counts of an epoch. */
interface MetricRecord {
  /** Keras' name of the class. */
  readonly className: string;
  readonly labels: Labels;
  /** The options that it has. */
  readonly options: readonly (keyof MetricConfig)[];
  /** How many numbers it notes for each batch; none for what every batch has noted, the count of correct rows. */
  size(config: MetricConfig): number;
  /** Records these, [size], of rows from the batch's row `firstRow` on. */
  trace?(output: Tensor, labels: Tensor, firstRow: number, config: MetricConfig): Tensor;
  /** Whether they are means over the batch's rows, not counts. */
  readonly isMean?: true;
  /** The metric from the sums over all batches. */
  value(sums: readonly number[], rows: number): number;
}

/** Categorical accuracy where the model has several outputs, binary accuracy where it has one, as in tf.keras. */
const accuracyOf = (output: Tensor, labels: Tensor, firstRow: number): Tensor =>
  output.shape[1] === 1 ? binaryAccuracy(output, labels, firstRow) : categoricalAccuracy(output, labels, firstRow);

/** The count of correct rows [1], which every batch has noted whether it is asked for or not. */
export const traceCorrect = accuracyOf;

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const share = ([sum]: readonly number[], rows: number): number => sum! / rows;
const one = (): number => 1;

const accuracy: MetricRecord = { className: 'Accuracy', labels: 'any', options: [], size: () => 0, value: share };

const categorical = (className: string, labels: Labels): MetricRecord => ({
  className,
  labels,
  options: [],
  size: one,
  trace: categoricalAccuracy,
  value: share,
});

const topK = (className: string, labels: Labels): MetricRecord => ({
  className,
  labels,
  options: ['k'],
  size: one,
  trace: (output, wanted, firstRow, { k = 5 }) => topKAccuracy(output, wanted, k, firstRow),
  value: share,
});

/** Of what confusion() counts: [true positives, false positives, false negatives]. */
const confused = (className: string, value: (counts: readonly number[]) => number): MetricRecord => ({
  className,
  labels: 'rows',
  options: ['threshold'],
  size: () => 3,
  trace: (output, labels, firstRow, { threshold = 0.5 }) => confusion(output, labels, threshold, firstRow),
  value,
});

const error = (className: string, { apply }: typeof squaredError): MetricRecord => ({
  className,
  labels: 'rows',
  options: [],
  size: one,
  trace: (output, labels, firstRow) => apply(output, labels, { firstRow }),
  isMean: true,
  value: share,
});

/** The area under the curve of true over false positives, by trapezoids between thresholds. Source: keras/src/metrics/confusion_metrics.py, class AUC */
export function areaUnderCurve(counts: readonly number[]): number {
  const buckets = counts.length / 2;
  const total = (first: number): number => counts.slice(first, first + buckets).reduce((sum, count) => sum + count, 0);
  const [yes, no] = [total(0), total(buckets)];
  // From the highest threshold, which nothing is above, down.
  let [area, trues, falses] = [0, 0, 0];
  for (let i = buckets - 1; i >= 0; i--) {
    const before = [ratio(trues, yes), ratio(falses, no)] as const;
    trues += counts[i]!;
    falses += counts[buckets + i]!;
    area += ((ratio(falses, no) - before[1]) * (ratio(trues, yes) + before[0])) / 2;
  }
  return area;
}

const meanSquaredError = error('MeanSquaredError', squaredError);
const meanAbsoluteError = error('MeanAbsoluteError', absoluteError);

const RECORDS = {
  acc: accuracy,
  accuracy,
  binaryAccuracy: { className: 'BinaryAccuracy', labels: 'rows', options: [], size: one, trace: binaryAccuracy, value: share },
  categoricalAccuracy: categorical('CategoricalAccuracy', 'rows'),
  sparseCategoricalAccuracy: categorical('SparseCategoricalAccuracy', 'classes'),
  topKCategoricalAccuracy: topK('TopKCategoricalAccuracy', 'rows'),
  sparseTopKCategoricalAccuracy: topK('SparseTopKCategoricalAccuracy', 'classes'),
  precision: confused('Precision', ([right, wrong]) => ratio(right!, right! + wrong!)),
  recall: confused('Recall', ([right, , missed]) => ratio(right!, right! + missed!)),
  auc: {
    className: 'AUC',
    labels: 'rows',
    options: ['numThresholds'],
    size: ({ numThresholds = 200 }) => 2 * numThresholds,
    trace: (output, labels, firstRow, { numThresholds = 200 }) => scoreHistogram(output, labels, numThresholds, firstRow),
    value: areaUnderCurve,
  },
  meanSquaredError,
  mse: meanSquaredError,
  meanAbsoluteError,
  mae: meanAbsoluteError,
} satisfies Record<string, MetricRecord>;

export type MetricName = keyof typeof RECORDS;

/** All that is known of a metric, by its name. */
export const METRICS: Readonly<Record<MetricName, MetricRecord>> = RECORDS;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** A metric: its name, or its name with options. */
export type Metric = MetricName | MetricOptions;

export interface MetricOptions extends MetricConfig {
  readonly name: MetricName;
  /** What logs and histories call it. Default: Keras' name, 'top_k_categorical_accuracy'. */
  readonly key?: string | undefined;
}

/** 'topKCategoricalAccuracy' -> 'top_k_categorical_accuracy'. */
const keyOf = (name: MetricName): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

/** What logs call a metric. */
export const metricKey = (metric: Metric): string => (typeof metric === 'string' ? keyOf(metric) : (metric.key ?? keyOf(metric.name)));

const optionsOf = (metric: Metric): MetricOptions => (typeof metric === 'string' ? { name: metric } : metric);

/** How many numbers each batch notes for metrics besides its loss and its count of correct rows. */
export const countersOf = (metrics: readonly Metric[]): number =>
  metrics.map(optionsOf).reduce((sum, options) => sum + METRICS[options.name].size(options), 0);

const LIMITS = { k: [1, 2 ** 31], threshold: [0, 1], numThresholds: [2, 10_000] } as const satisfies Record<keyof MetricConfig, unknown>;

function checkOptions({ name, key: _, ...given }: MetricOptions): void {
  const { options } = METRICS[name];
  for (const [option, value] of Object.entries(given) as [keyof MetricConfig, unknown][]) {
    if (value === undefined) continue;
    if (!options.includes(option))
      throw new Error(`compile: metric ${name} has no option '${option}'; it has ${options.join(', ') || 'none'}`);
    const [low, high] = LIMITS[option];
    const isRight = typeof value === 'number' && value >= low && value <= high && (option === 'threshold' || Number.isInteger(value));
    const wanted = `${option === 'threshold' ? 'a number' : 'a whole number'} from ${low} to ${high}`;
    if (!isRight) throw new Error(`compile: ${option} of metric ${name} is ${shown(value)}, wanted ${wanted}`);
  }
}

/** Throws where there is no such metric, where two have one name in the logs, or where one does not fit the labels that the loss takes. */
export function checkMetrics(metrics: readonly (Metric | string)[], loss: ResolvedLoss, units: number): readonly Metric[] {
  const isList = Array.isArray(metrics) && metrics.every(each => typeof each === 'string' || (typeof each === 'object' && each !== null));
  if (!isList) throw new Error(`compile: metrics is ${shown(metrics)}, wanted a list of names, or of names with options`);
  const keys = new Set(['loss', 'rows', 'lr']);
  for (const metric of metrics as readonly Metric[]) {
    const options = optionsOf(metric);
    if (!Object.hasOwn(METRICS, options.name)) {
      throw new Error(`compile: metric '${options.name}' is not supported; wanted ${METRIC_NAMES.map(name => `'${name}'`).join(' or ')}`);
    }
    checkOptions(options);
    const key = metricKey(metric);
    if (keys.has(key)) throw new Error(`compile: metric '${key}' is there twice, or has the name of another number: give it another 'key'`);
    keys.add(key);
    const { labels } = METRICS[options.name];
    const isSparse = units > 1 && LOSSES[loss.name].takesClasses === true;
    if (labels !== 'any' && (labels === 'classes') !== isSparse) {
      const kind = isSparse ? 'class numbers' : 'as many numbers as the model has outputs';
      throw new Error(`compile: metric ${options.name} does not fit ${loss.name}, whose labels are ${kind}`);
    }
  }
  return metrics as readonly Metric[];
}

/** Records what metrics count [size] of rows from the batch's row `firstRow` on, by the column that it begins at among all that they note. */
export function traceMetrics(metrics: readonly Metric[], output: Tensor, labels: Tensor, firstRow: number): ReadonlyMap<number, Tensor> {
  const traced = new Map<number, Tensor>();
  let column = 0;
  for (const options of metrics.map(optionsOf)) {
    const { trace, size } = METRICS[options.name];
    if (trace) traced.set(column, trace(output, labels, firstRow, options));
    column += size(options);
  }
  return traced;
}

/** What a batch of so many rows adds to the sums of what metrics noted of it. */
export function addCounts(metrics: readonly Metric[], sums: number[], counts: ArrayLike<number>, rows: number): void {
  let column = 0;
  for (const options of metrics.map(optionsOf)) {
    const { size, isMean } = METRICS[options.name];
    const end = column + size(options);
    for (; column < end; column++) sums[column] = (sums[column] ?? 0) + counts[column]! * (isMean ? rows : 1);
  }
}

/** Metrics by what logs call them, from the sums of an epoch and its count of correct rows. */
export function metricValues(metrics: readonly Metric[], sums: readonly number[], correct: number, rows: number): Record<string, number> {
  const values: Record<string, number> = {};
  let column = 0;
  for (const metric of metrics) {
    const options = optionsOf(metric);
    const { size, value } = METRICS[options.name];
    const count = size(options);
    values[metricKey(metric)] = value(count === 0 ? [correct] : sums.slice(column, column + count), rows);
    column += count;
  }
  return values;
}
