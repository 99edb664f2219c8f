import type { Tensor } from '../engine/tensor.js';
import { binaryAccuracy, categoricalAccuracy } from '../ops/accuracy.js';

/** Records the count of correct rows [1], of those from the batch's row `firstRow` on. */
type TraceMetric = (output: Tensor, labels: Tensor, firstRow: number) => Tensor;

/** Categorical accuracy where the model has several outputs, binary accuracy where it has one, as in tf.keras. */
const accuracy: TraceMetric = (output, labels, firstRow) =>
  output.shape[1] === 1 ? binaryAccuracy(output, labels, firstRow) : categoricalAccuracy(output, labels, firstRow);

const METRICS = { acc: accuracy, accuracy } satisfies Record<string, TraceMetric>;

export type Metric = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as Metric[];

export function checkMetrics(metrics: readonly string[]): readonly Metric[] {
  for (const metric of metrics) {
    if (!Object.hasOwn(METRICS, metric)) {
      throw new Error(`compile: metric '${metric}' is not supported; wanted ${METRIC_NAMES.map(name => `'${name}'`).join(' or ')}`);
    }
  }
  if (metrics.length > 1) throw new Error(`compile: metrics ${metrics.join(', ')} are one; give it once`);
  return metrics as readonly Metric[];
}

/** The count of correct rows [1], which every batch has noted whether it is asked for or not. */
export const traceCorrect = accuracy;
