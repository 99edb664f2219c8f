import { type LossFrom, type LossOps, smoothLabelsOp } from '../ops/loss.js';
import { absoluteError, squaredError } from '../ops/regression.js';
import { oneWorkgroup } from './launch.js';
import { elementwise, kernels, naive, type OpKernels } from './variant.js';

/** The kernels of a loss: one workgroup for its value, an invocation an element for its gradient. */
export function lossKernels<I extends LossFrom>({ forward, backward }: LossOps<I>): OpKernels[] {
  return [
    kernels(
      forward,
      naive(forward.name, () => oneWorkgroup('loss')),
    ),
    kernels(backward, elementwise(backward.name, backward.outputs[0]!)),
  ];
}

export const loss = [
  ...lossKernels(squaredError),
  ...lossKernels(absoluteError),
  kernels(smoothLabelsOp, elementwise('smooth_labels', 'smoothed')),
];
