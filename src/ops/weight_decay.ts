import { defineOp, type Scalar } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

export const weightDecayOp = defineOp<{ readonly size: number; readonly decay: number; readonly learningRate: Scalar }>()({
  name: 'weight_decay',
  inputs: ['loss'],
  updates: ['parameter'],
  outputs: [],
  shapes: () => ({}),
  cost: ({ size }) => ({ flops: 3 * size, bytes: 8 * size }),
});

/**
 * Takes from each number of a parameter its share `decay`, times the run's scalar 'learningRate', in place: parameter -= parameter * decay * learningRate.
 * Nothing changes where `loss` [1] is not finite. An optimizer's step comes after it, and notes what is not finite.
 * Source: keras/optimizers/base_optimizer.py, _apply_weight_decay
 */
export function weightDecay(loss: Tensor, parameter: Tensor, decay: number): void {
  loss.graph.add(
    weightDecayOp,
    { loss },
    { size: sizeOf(parameter.shape), decay, learningRate: { scalar: 'learningRate' } },
    { parameter },
  );
}
