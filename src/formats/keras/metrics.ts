import { object, shown } from '../../nn/json.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import { LOSSES, type ResolvedLoss } from '../../nn/losses.js';
import { checkMetrics, METRIC_NAMES, METRICS, type Metric, type MetricOptions, metricKey } from '../../nn/metrics.js';
import { camelCase, lowerFirst, snakeCase } from './names.js';
import { fromKeras, isObject, sameJson } from './values.js';

type Fields = Readonly<Record<string, unknown>>;

/** What tells the accuracy that 'acc' means for a model and its loss. */
function accuracyOf({ outputShape }: LayerStack, { name }: ResolvedLoss): string {
  if (outputShape.at(-1) === 1) return 'binary_accuracy';
  return LOSSES[name].takesClasses ? 'sparse_categorical_accuracy' : 'categorical_accuracy';
}

/** Fields of Keras' metrics that change what they compute, and what they must be. */
const METRIC_FIXED: Readonly<Record<string, unknown>> = {
  topK: null,
  classId: null,
  curve: 'ROC',
  summationMethod: 'interpolation',
  multiLabel: false,
  labelWeights: null,
  fromLogits: false,
};

/** A metric as Keras' JSON has it; undefined where it is none of ours. */
function metricFromKeras(value: unknown, accuracy: string): Metric | undefined {
  const metric = fromKeras(value, 'its metric');
  const { className, config = {} } = typeof metric === 'string' ? { className: metric } : (object(metric, 'its metric') as Fields);
  const { name: key, fn = className, thresholds, numThresholds, k, ...others } = isObject(config) ? config : {};
  const isAccuracy = key === 'acc' || key === 'accuracy';
  if (fn === 'acc' || fn === 'accuracy') return fn;
  if (isAccuracy && snakeCase(lowerFirst(String(fn))) === accuracy) return key;
  const same = METRIC_NAMES.filter(each => each === lowerFirst(camelCase(String(fn))) || METRICS[each].className === fn);
  // Of 'mse' and 'meanSquaredError', what the file calls it.
  const found = METRIC_NAMES.find(each => METRICS[each] === METRICS[same[0]!] && metricKey(each) === key) ?? same[0];
  const threshold = thresholds ?? others.threshold ?? undefined;
  const isOdd = Object.entries(METRIC_FIXED).some(([field, wanted]) => others[field] !== undefined && !sameJson(others[field], wanted));
  if (!found || isOdd || (threshold !== undefined && !(METRICS[found].options.includes('threshold') || threshold === 0.5)))
    return undefined;
  const all = {
    ...(typeof key === 'string' && key !== metricKey(found) && { key }),
    ...(METRICS[found].options.includes('k') && k !== undefined && { k: k as number }),
    ...(METRICS[found].options.includes('threshold') && threshold !== undefined && { threshold: threshold as number }),
    ...(METRICS[found].options.includes('numThresholds') && numThresholds !== undefined && { numThresholds: numThresholds as number }),
  };
  return Object.keys(all).length > 0 ? { name: found, ...all } : found;
}

/** Reads the metrics of a model; those that are none of ours are left out, and named in `notes`. */
export function metricsFromKeras(value: unknown, model: LayerStack, loss: ResolvedLoss, notes: string[]): Metric[] {
  const given = (Array.isArray(value) ? value.flat() : []).filter(each => each !== null);
  const metrics: Metric[] = [];
  for (const each of given) {
    let metric: Metric | undefined;
    try {
      metric = metricFromKeras(each, accuracyOf(model, loss));
      if (metric && metrics.map(metricKey).includes(metricKey(metric))) continue;
      if (metric) metrics.push(...checkMetrics([...metrics, metric], loss, model.outputShape[0]!).slice(-1));
    } catch {
      // It is left out as one that is not known.
    }
    const { class_name: className, config } = isObject(each) ? each : {};
    const name = (isObject(config) ? config.name : undefined) ?? className ?? each;
    if (!metric || !metrics.includes(metric)) notes.push(`its metric ${shown(name)} is not supported and left out`);
  }
  return metrics;
}

/** A metric by its name alone where Keras has a function of that name, or knows what it means: a loaded model takes 'acc' for that of one-hot labels. */
export function metricToKeras(metric: Metric, { name: loss }: ResolvedLoss): unknown {
  const { name, key, threshold, ...options } = typeof metric === 'string' ? { name: metric } : (metric as MetricOptions);
  const { options: own, labels } = METRICS[name];
  const isSparse = labels === 'any' && LOSSES[loss].takesClasses === true;
  const className = isSparse ? 'SparseCategoricalAccuracy' : METRICS[name].className;
  if (own.length === 0 && key === undefined && !isSparse && name !== 'mse' && name !== 'mae') return metricKey(name);
  const config = { name: metricKey(metric), ...options, ...(threshold !== undefined && { thresholds: threshold }) };
  return { class_name: className, config: Object.fromEntries(Object.entries(config).map(([field, value]) => [snakeCase(field), value])) };
}
