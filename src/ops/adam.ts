import { defineOp, type Scalar } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Adam = {
  readonly size: number;
  readonly momentRate: number;
  readonly velocityRate: number;
  readonly epsilon: number;
  readonly stepSize: Scalar;
  readonly place: number;
  readonly slot: Scalar;
};

export const adamOp = defineOp<Adam>()({
  name: 'adam',
  inputs: ['gradient', 'loss'],
  updates: ['parameter', 'moment', 'velocity', 'faults'],
  outputs: [],
  shapes: () => ({}),
  cost: ({ size }) => ({ flops: 12 * size, bytes: 28 * size }),
});

export type AdamOptions = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
};

/**
 * One step of Adam on a parameter, in place: see shaders/adam.wgsl. The run's scalar 'stepSize' is adamStepSize(…).
 * Nothing changes where `loss` [1] is not finite. Where something updated is not, the run's scalar 'slot' + 1 is noted at `place` of the faults.
 */
export function adam(
  gradient: Tensor,
  loss: Tensor,
  updates: { readonly parameter: Tensor; readonly moment: Tensor; readonly velocity: Tensor; readonly faults: Tensor },
  { beta1, beta2, epsilon, place }: AdamOptions & { readonly place: number },
): void {
  const attrs = {
    size: sizeOf(gradient.shape),
    momentRate: 1 - beta1,
    velocityRate: 1 - beta2,
    epsilon,
    stepSize: { scalar: 'stepSize' },
    place,
    slot: { scalar: 'slot' },
  };
  gradient.graph.add(adamOp, { gradient, loss }, attrs, updates);
}

/** learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) for step t = 1, 2, …, in float64. */
export function adamStepSize(learningRate: number, t: number, { beta1, beta2 }: AdamOptions): number {
  return (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
}
