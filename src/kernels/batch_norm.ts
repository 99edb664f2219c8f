import type { Attrs } from '../engine/op.js';
import {
  batchMomentsOp,
  batchNormBackwardInput,
  batchNormBackwardSums,
  batchNormForward,
  movingAverageOp,
  runningNormBackwardInput,
  runningNormForward,
} from '../ops/batch_norm.js';
import { eachElement, workgroupEach } from './launch.js';
import { elementwise, kernels, naive, type Variant } from './variant.js';

type PerChannel = Attrs & { readonly channels: number };

/** The variant in which a workgroup sums a channel. */
const tree = <T extends string, A extends PerChannel>(shader: string, ...sums: readonly T[]): Variant<T, A> => ({
  name: 'tree',
  madeFor: 'any adapter',
  rank: 1,
  does: 'a workgroup sums a channel, its partial sums pairwise',
  dispatches: (attrs, tensors) => [
    {
      shader: `${shader}.tree`,
      bindings: tensors,
      params: attrs,
      ...workgroupEach(attrs.channels, Object.fromEntries(sums.map(name => [name, (c: number) => c]))),
    },
  ],
});

/** The variant in which an invocation sums a channel. */
const channelEach = <T extends string, A extends PerChannel>(shader: string, ...sums: readonly T[]): Variant<T, A> =>
  naive(`${shader}.naive`, ({ channels }) => eachElement(channels, ...sums));

export const batchNorm = [
  kernels(batchMomentsOp, channelEach('batch_moments', 'mean', 'variance'), tree('batch_moments', 'mean', 'variance')),
  kernels(batchNormForward, elementwise('normalize', 'output')),
  kernels(runningNormForward, elementwise('normalize', 'output')),
  kernels(
    batchNormBackwardSums,
    channelEach('batch_norm_backward_sums', 'dGamma', 'dBeta'),
    tree('batch_norm_backward_sums', 'dGamma', 'dBeta'),
  ),
  kernels(batchNormBackwardInput, elementwise('batch_norm_backward_input', 'dInput')),
  kernels(runningNormBackwardInput, elementwise('running_norm_backward_input', 'dInput')),
  kernels(movingAverageOp, elementwise('moving_average', 'moved')),
];
