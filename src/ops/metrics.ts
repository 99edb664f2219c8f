import { defineOp, type Scalar } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';

type Rows = { readonly batch: number; readonly units: number; readonly firstRow: number; readonly rows: Scalar };

export const topKAccuracyOp = defineOp<Rows & { readonly k: number }>()({
  name: 'top_k_accuracy',
  inputs: ['output', 'labels'],
  outputs: ['correct'],
  shapes: () => ({ correct: { shape: [1] } }),
  cost: ({ batch, units }) => ({ flops: 2 * batch * units, bytes: 8 * batch * units }),
});

export const confusionOp = defineOp<Rows & { readonly threshold: number }>()({
  name: 'confusion',
  inputs: ['output', 'labels'],
  outputs: ['counts'],
  shapes: () => ({ counts: { shape: [3] } }),
  cost: ({ batch, units }) => ({ flops: 3 * batch * units, bytes: 8 * batch * units }),
});

export const scoreHistogramOp = defineOp<Rows & { readonly buckets: number }>()({
  name: 'score_histogram',
  inputs: ['output', 'labels'],
  outputs: ['counts'],
  shapes: ({ buckets }) => ({ counts: { shape: [2 * buckets] } }),
  cost: ({ batch, units, buckets }) => ({ flops: 8 * buckets * batch * units, bytes: 8 * batch * units + 8 * buckets }),
});

function rowsOf(output: Tensor, firstRow: number): Rows {
  const [batch, units] = output.shape as [number, number];
  return { batch, units, firstRow, rows: { scalar: 'rows' } };
}

/** How many of the run's valid `rows` have fewer than k outputs above the one where their largest label is: [1]. Source: tf.math.in_top_k */
export function topKAccuracy(output: Tensor, labels: Tensor, k: number, firstRow = 0): Tensor {
  return output.graph.add(topKAccuracyOp, { output, labels }, { ...rowsOf(output, firstRow), k }).correct;
}

/** Of all numbers of the valid rows: how many are above the threshold where the label is not 0, where it is 0, and how many are not where it is not: [3]. */
export function confusion(output: Tensor, labels: Tensor, threshold: number, firstRow = 0): Tensor {
  return output.graph.add(confusionOp, { output, labels }, { ...rowsOf(output, firstRow), threshold }).counts;
}

/**
 * How many numbers of the valid rows lie in each of `buckets` buckets, first where the label is not 0, then where it is: [2 * buckets]. Bucket i has those above
 * i / (buckets - 1) and up to the next; the first has 0, too. Source: keras/src/metrics/metrics_utils.py, _update_confusion_matrix_variables_optimized
 */
export function scoreHistogram(output: Tensor, labels: Tensor, buckets: number, firstRow = 0): Tensor {
  return output.graph.add(scoreHistogramOp, { output, labels }, { ...rowsOf(output, firstRow), buckets }).counts;
}
