import { defineOp, kernel, type Scalar } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';

type Rows = { readonly batch: number; readonly units: number; readonly rows: Scalar };

const categoricalAccuracyOp = defineOp<Rows>()({
  name: 'categorical_accuracy',
  inputs: ['output', 'labels'],
  outputs: ['correct'],
  shapes: () => ({ correct: { shape: [1] } }),
  cost: ({ batch, units }) => ({ flops: 2 * batch * units, bytes: 8 * batch * units }),
  variants: [kernel('categorical_accuracy', () => [1, 1, 1])],
});

const binaryAccuracyOp = defineOp<Rows>()({
  name: 'binary_accuracy',
  inputs: ['output', 'labels'],
  outputs: ['correct'],
  shapes: () => ({ correct: { shape: [1] } }),
  cost: ({ batch, units }) => ({ flops: 2 * batch * units, bytes: 8 * batch * units }),
  variants: [kernel('binary_accuracy', () => [1, 1, 1])],
});

function attrs(output: Tensor): Rows {
  const [batch, units] = output.shape as [number, number];
  return { batch, units, rows: { scalar: 'rows' } };
}

/** How many of the run's valid `rows` have their largest output [batch, units] where their largest label is: [1]. */
export function categoricalAccuracy(output: Tensor, labels: Tensor): Tensor {
  return output.graph.add(categoricalAccuracyOp, { output, labels }, attrs(output)).correct;
}

/** Over the run's valid `rows`, the sum of the share of units where (output > 0.5) equals the label: [1]. */
export function binaryAccuracy(output: Tensor, labels: Tensor): Tensor {
  return output.graph.add(binaryAccuracyOp, { output, labels }, attrs(output)).correct;
}
