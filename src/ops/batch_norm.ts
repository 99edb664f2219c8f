import { defineOp, type Scalar } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

/** Pictures with `places` each, or rows with one. */
type Images = { readonly batch: number; readonly places: number; readonly channels: number };
/** Of the batch, the run's `rows` count. */
export type Rows = Images & { readonly rows: Scalar };
export type Normalized = Images & { readonly epsilon: number };
export type Places = { readonly count: number; readonly channels: number; readonly epsilon: number };

const ROWS: Scalar = { scalar: 'rows' };

function imagesOf({ shape }: Tensor): Images {
  const [batch, channels] = [shape[0]!, shape.at(-1)!];
  return { batch, places: sizeOf(shape) / batch / channels, channels };
}

const rowsOf = (input: Tensor): Rows => ({ ...imagesOf(input), rows: ROWS });

export const batchMomentsOp = defineOp<Rows>()({
  name: 'batch_moments',
  inputs: ['input'],
  outputs: ['mean', 'variance'],
  shapes: ({ channels }) => ({ mean: { shape: [channels] }, variance: { shape: [channels] } }),
  inputShapes: ({ batch, places, channels }) => ({ input: { shape: [batch, places, channels] } }),
  means: ['mean', 'variance'],
  cost: ({ batch, places, channels }) => ({ flops: 4 * batch * places * channels, bytes: 4 * (batch * places + 2) * channels }),
});

const normalized = ({ count, channels }: Places) => ({ flops: 4 * count * channels, bytes: 4 * (2 * count + 4) * channels });

/** Normalizes by the moments of the very batch, so that its gradient goes through them, too. */
export const batchNormForward = defineOp<Places>()({
  name: 'batch_norm_forward',
  inputs: ['input', 'mean', 'variance', 'gamma', 'beta'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: normalized,
  gradient({ inputs, dOutputs, attrs, needs }) {
    const { input, mean, variance, gamma } = inputs;
    const { graph } = input;
    const dOutput = dOutputs.output!;
    const { epsilon } = attrs;
    const { dGamma, dBeta } = graph.add(batchNormBackwardSums, { input, mean, variance, dOutput }, { ...imagesOf(input), epsilon });
    const given = { input, mean, variance, gamma, dOutput, dGamma, dBeta };
    const own = { ...rowsOf(input), epsilon };
    return {
      ...(needs('gamma') && { gamma: dGamma }),
      ...(needs('beta') && { beta: dBeta }),
      ...(needs('input') && { input: graph.add(batchNormBackwardInput, given, own).dInput }),
    };
  },
});

/** Normalizes by moments that were kept. */
export const runningNormForward = defineOp<Places>()({
  name: 'running_norm_forward',
  inputs: ['input', 'mean', 'variance', 'gamma', 'beta'],
  outputs: ['output'],
  shapes: (_, { input }) => ({ output: { shape: input.shape } }),
  cost: normalized,
  gradient({ inputs: { input, mean, variance, gamma }, dOutputs, attrs, needs }) {
    const { graph } = input;
    const dOutput = dOutputs.output!;
    const own = { ...imagesOf(input), epsilon: attrs.epsilon };
    const sums = needs('gamma') || needs('beta') ? graph.add(batchNormBackwardSums, { input, mean, variance, dOutput }, own) : undefined;
    return {
      ...(needs('gamma') && { gamma: sums!.dGamma }),
      ...(needs('beta') && { beta: sums!.dBeta }),
      ...(needs('input') && { input: graph.add(runningNormBackwardInput, { variance, gamma, dOutput }, attrs).dInput }),
    };
  },
});

export const batchNormBackwardSums = defineOp<Normalized>()({
  name: 'batch_norm_backward_sums',
  inputs: ['input', 'mean', 'variance', 'dOutput'],
  outputs: ['dGamma', 'dBeta'],
  shapes: ({ channels }) => ({ dGamma: { shape: [channels] }, dBeta: { shape: [channels] } }),
  inputShapes: ({ batch, places, channels }) => {
    const [input, channel] = [{ shape: [batch, places, channels] }, { shape: [channels] }];
    return { input, mean: channel, variance: channel, dOutput: input };
  },
  positive: ['variance'],
  cost: ({ batch, places, channels }) => ({ flops: 4 * batch * places * channels, bytes: 4 * (2 * batch * places + 4) * channels }),
});

export const batchNormBackwardInput = defineOp<Rows & Normalized>()({
  name: 'batch_norm_backward_input',
  inputs: ['input', 'mean', 'variance', 'gamma', 'dOutput', 'dGamma', 'dBeta'],
  outputs: ['dInput'],
  shapes: (_, { input }) => ({ dInput: { shape: input.shape } }),
  cost: ({ batch, places, channels }) => ({ flops: 8 * batch * places * channels, bytes: 4 * (3 * batch * places + 5) * channels }),
});

export const runningNormBackwardInput = defineOp<Places>()({
  name: 'running_norm_backward_input',
  inputs: ['variance', 'gamma', 'dOutput'],
  outputs: ['dInput'],
  shapes: (_, { dOutput }) => ({ dInput: { shape: dOutput.shape } }),
  cost: ({ count, channels }) => ({ flops: count * channels, bytes: 4 * (2 * count + 2) * channels }),
});

type Average = {
  readonly size: number;
  readonly keep: number;
  readonly batch: number;
  readonly places: number;
  readonly rows: Scalar;
  readonly isUnbiased: number;
};

export const movingAverageOp = defineOp<Average>()({
  name: 'moving_average',
  inputs: ['moving', 'value'],
  outputs: ['moved'],
  shapes: ({ size }) => ({ moved: { shape: [size] } }),
  cost: ({ size }) => ({ flops: 4 * size, bytes: 12 * size }),
});

/** What a batch is normalized by: [channels] each. */
export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Mean and biased variance over the places of the run's valid rows, by channel: input [batch, …, channels] -> [channels] each. */
export const batchMoments = (input: Tensor): Moments => input.graph.add(batchMomentsOp, { input }, rowsOf(input));

interface NormOptions extends Moments {
  /** [channels] each. */
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly epsilon: number;
  /** Whether the moments are batchMoments() of this very input. */
  readonly ofBatch: boolean;
}

/**
 * gamma * (input - mean) / sqrt(variance + epsilon) + beta, by channel, for all rows: input [batch, …, channels].
 * Source: Ioffe and Szegedy, "Batch Normalization", https://arxiv.org/abs/1502.03167
 */
export function batchNorm(input: Tensor, { mean, variance, gamma, beta, epsilon, ofBatch }: NormOptions): Tensor {
  const channels = input.shape.at(-1)!;
  const attrs = { count: sizeOf(input.shape) / channels, channels, epsilon };
  return input.graph.add(ofBatch ? batchNormForward : runningNormForward, { input, mean, variance, gamma, beta }, attrs).output;
}

interface AverageOptions {
  /** The share of it that stays. */
  readonly keep: number;
  /** What the value was computed from: [batch, …, channels]. */
  readonly input: Tensor;
  /** Whether a variance is divided by one less than the count of what it was computed from (Bessel's correction). */
  readonly isUnbiased: boolean;
}

/** keep * moving + (1 - keep) * value, [channels] each. */
export function movingAverage(moving: Tensor, value: Tensor, { keep, input, isUnbiased }: AverageOptions): Tensor {
  const { batch, places, rows } = rowsOf(input);
  const attrs = { size: sizeOf(moving.shape), keep, batch, places, rows, isUnbiased: Number(isUnbiased) };
  return moving.graph.add(movingAverageOp, { moving, value }, attrs).moved;
}
