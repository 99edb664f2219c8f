import { defineOp, type Scalar } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Sgd = {
  readonly size: number;
  readonly momentum: number;
  readonly nesterov: number;
  readonly learningRate: Scalar;
  readonly place: number;
  readonly slot: Scalar;
};

export const sgdOp = defineOp<Sgd>()({
  name: 'sgd',
  inputs: ['gradient', 'loss'],
  updates: ['parameter', 'velocity', 'faults'],
  outputs: [],
  shapes: () => ({}),
  cost: ({ size }) => ({ flops: 4 * size, bytes: 20 * size }),
});

export type SgdOptions = {
  readonly momentum: number;
  /** Whether the parameter moves by what velocity would become by the same gradient again: Nesterov's momentum. Default false. */
  readonly nesterov?: boolean | undefined;
};

/**
 * One step of gradient descent with momentum, in place: velocity = momentum * velocity - learningRate * gradient; parameter += velocity, or with
 * nesterov += momentum * velocity - learningRate * gradient.
 * The learning rate is the run's scalar 'learningRate'. Nothing changes where `loss` [1] is not finite. Where something updated
 * is not, the run's scalar 'slot' + 1 is noted at `place` of the faults.
 */
export function sgd(
  gradient: Tensor,
  loss: Tensor,
  updates: { readonly parameter: Tensor; readonly velocity: Tensor; readonly faults: Tensor },
  { momentum, nesterov = false, place }: SgdOptions & { readonly place: number },
): void {
  const attrs = {
    size: sizeOf(gradient.shape),
    momentum,
    nesterov: Number(nesterov),
    learningRate: { scalar: 'learningRate' },
    place,
    slot: { scalar: 'slot' },
  };
  gradient.graph.add(sgdOp, { gradient, loss }, attrs, updates);
}
