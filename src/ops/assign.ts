import { defineOp, type Scalar } from '../engine/op.js';
import { formatShape, sameShape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

export const assignOp = defineOp<{ readonly size: number; readonly place: number; readonly slot: Scalar }>()({
  name: 'assign',
  inputs: ['value', 'loss'],
  updates: ['variable', 'faults'],
  outputs: [],
  shapes: () => ({}),
  cost: ({ size }) => ({ flops: 0, bytes: 8 * size }),
});

/**
 * Gives a variable the numbers of a tensor of its shape. Nothing changes where `loss` [1] is not finite. Where a number is not,
 * the run's scalar 'slot' + 1 is noted at `place` of the faults.
 */
export function assign(
  value: Tensor,
  loss: Tensor,
  updates: { readonly variable: Tensor; readonly faults: Tensor },
  { place }: { readonly place: number },
): void {
  const { variable } = updates;
  if (!sameShape(value.shape, variable.shape)) {
    throw new Error(`assign: ${variable.name} has shape ${formatShape(variable.shape)}, the value ${formatShape(value.shape)}`);
  }
  value.graph.add(assignOp, { value, loss }, { size: sizeOf(value.shape), place, slot: { scalar: 'slot' } }, updates);
}
