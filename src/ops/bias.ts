import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

export const biasBackwardOp = defineOp<{ readonly rows: number; readonly units: number }>()({
  name: 'bias_backward',
  inputs: ['dOutput'],
  outputs: ['dBias'],
  shapes: ({ units }) => ({ dBias: { shape: [units] } }),
  cost: ({ rows, units }) => ({ flops: rows * units, bytes: 4 * (rows + 1) * units }),
});

/** Gradient of a bias that was added along the last axis: the sum of dOutput [..., units] over all other axes. */
export function biasBackward(dOutput: Tensor, bias: Tensor): Tensor {
  const units = sizeOf(bias.shape);
  return dOutput.graph.add(biasBackwardOp, { dOutput }, { rows: sizeOf(dOutput.shape) / units, units }).dBias;
}
