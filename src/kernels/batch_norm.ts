import type { Attrs } from '../engine/op.js';
import {
  batchMomentsOp,
  batchNormBackwardInput,
  batchNormBackwardSums,
  batchNormForward,
  movingAverageOp,
  type Normalized,
  type Rows,
  runningNormBackwardInput,
  runningNormForward,
} from '../ops/batch_norm.js';
import { eachElement, workgroupEach } from './launch.js';
import { columnsInParts, sumTwoParts } from './parts.js';
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

const IN_PARTS = {
  name: 'parts',
  madeFor: 'GPUs',
  rank: 2,
  does: 'invocations beside each other read channels beside each other, and the long sums are cut into parts',
} as const;

const momentsInParts: Variant<'input' | 'mean' | 'variance', Rows> = {
  ...IN_PARTS,
  dispatches: (a, { input, mean, variance }, scratch) => {
    const { constants, length, count, launch } = columnsInParts(a.channels, a.batch * a.places);
    const shape = [count, a.channels];
    const [means, squares] = [scratch('means', { shape }), scratch('squares', { shape })];
    const params = { ...a, placesPerPart: length };
    return [
      {
        shader: 'batch_moments.parts',
        bindings: { input, means, squares },
        params,
        constants,
        ...launch(count, 'means', 'squares'),
      },
      {
        shader: 'batch_moments.merge',
        bindings: { means, squares, mean, variance },
        params: { ...params, parts: count },
        constants,
        ...launch(1, 'mean', 'variance'),
      },
    ];
  },
};

const backwardSumsInParts: Variant<'input' | 'mean' | 'variance' | 'dOutput' | 'dGamma' | 'dBeta', Normalized> = {
  ...IN_PARTS,
  dispatches: (a, { dGamma, dBeta, ...inputs }, scratch) => {
    const { constants, length, count, launch } = columnsInParts(a.channels, a.batch * a.places);
    const shape = [count, a.channels];
    const [gammas, betas] = [scratch('gammas', { shape }), scratch('betas', { shape })];
    return [
      {
        shader: 'batch_norm_backward_sums.parts',
        bindings: { ...inputs, gammas, betas },
        params: { ...a, placesPerPart: length },
        constants,
        ...launch(count, 'gammas', 'betas'),
      },
      sumTwoParts([gammas, dGamma], [betas, dBeta]),
    ];
  },
};

/** The variant in which an invocation sums a channel. */
const channelEach = <T extends string, A extends PerChannel>(shader: string, ...sums: readonly T[]): Variant<T, A> =>
  naive(`${shader}.naive`, ({ channels }) => eachElement(channels, ...sums));

export const batchNorm = [
  kernels(batchMomentsOp, channelEach('batch_moments', 'mean', 'variance'), tree('batch_moments', 'mean', 'variance'), momentsInParts),
  kernels(batchNormForward, elementwise('normalize', 'output')),
  kernels(runningNormForward, elementwise('normalize', 'output')),
  kernels(
    batchNormBackwardSums,
    channelEach('batch_norm_backward_sums', 'dGamma', 'dBeta'),
    tree('batch_norm_backward_sums', 'dGamma', 'dBeta'),
    backwardSumsInParts,
  ),
  kernels(batchNormBackwardInput, elementwise('batch_norm_backward_input', 'dInput')),
  kernels(runningNormBackwardInput, elementwise('running_norm_backward_input', 'dInput')),
  kernels(movingAverageOp, elementwise('moving_average', 'moved')),
];
