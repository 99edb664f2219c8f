import { defineOp, type Scalar } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Rmsprop = {
  readonly size: number;
  readonly rho: number;
  readonly rate: number;
  readonly momentumFactor: number;
  readonly epsilon: number;
  readonly centered: number;
  readonly learningRate: Scalar;
  readonly place: number;
  readonly slot: Scalar;
};

export const rmspropOp = defineOp<Rmsprop>()({
  name: 'rmsprop',
  inputs: ['gradient', 'loss'],
  updates: ['parameter', 'velocity', 'momentum', 'average', 'faults'],
  outputs: [],
  shapes: () => ({}),
  cost: ({ size }) => ({ flops: 14 * size, bytes: 36 * size }),
});

export type RmspropOptions = {
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  /** Whether the square of the gradient's running mean is taken from that of its square. Default false. */
  readonly centered?: boolean | undefined;
};

/**
 * One step of RMSprop on a parameter, in place: see shaders/rmsprop.wgsl. The learning rate is the run's scalar 'learningRate'. Nothing changes where
 * `loss` [1] is not finite. Where something updated is not, the run's scalar 'slot' + 1 is noted at `place` of the faults.
 */
export function rmsprop(
  gradient: Tensor,
  loss: Tensor,
  updates: { readonly [K in 'parameter' | 'velocity' | 'momentum' | 'average' | 'faults']: Tensor },
  { rho, momentum, epsilon, centered = false, place }: RmspropOptions & { readonly place: number },
): void {
  const attrs = {
    size: sizeOf(gradient.shape),
    rho,
    rate: 1 - rho,
    momentumFactor: momentum,
    epsilon,
    centered: Number(centered),
    learningRate: { scalar: 'learningRate' },
    place,
    slot: { scalar: 'slot' },
  };
  gradient.graph.add(rmspropOp, { gradient, loss }, attrs, updates);
}
