import { defineOp, type Scalar } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';

type Rows = { readonly batch: number; readonly units: number; readonly firstRow: number; readonly rows: Scalar };

export const categoricalAccuracyOp = defineOp<Rows>()({
  name: 'categorical_accuracy',
  inputs: ['output', 'labels'],
  outputs: ['correct'],
  shapes: () => ({ correct: { shape: [1] } }),
  cost: ({ batch, units }) => ({ flops: 2 * batch * units, bytes: 8 * batch * units }),
});

export const binaryAccuracyOp = defineOp<Rows>()({
  name: 'binary_accuracy',
  inputs: ['output', 'labels'],
  outputs: ['correct'],
  shapes: () => ({ correct: { shape: [1] } }),
  cost: ({ batch, units }) => ({ flops: 2 * batch * units, bytes: 8 * batch * units }),
});

function attrs(output: Tensor, firstRow: number): Rows {
  const [batch, units] = output.shape as [number, number];
  return { batch, units, firstRow, rows: { scalar: 'rows' } };
}

/** How many of the run's valid `rows` have their largest output [batch, units] where their largest label is: [1]. `firstRow`: the batch's row that they begin at. */
export function categoricalAccuracy(output: Tensor, labels: Tensor, firstRow = 0): Tensor {
  return output.graph.add(categoricalAccuracyOp, { output, labels }, attrs(output, firstRow)).correct;
}

/** Over the run's valid `rows`, the sum of the share of units where (output > 0.5) equals the label: [1]. `firstRow`: the batch's row that they begin at. */
export function binaryAccuracy(output: Tensor, labels: Tensor, firstRow = 0): Tensor {
  return output.graph.add(binaryAccuracyOp, { output, labels }, attrs(output, firstRow)).correct;
}
