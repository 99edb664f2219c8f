import { defineOp } from '../engine/op.js';

/** size: numbers of the kernel. */
type Fold = { readonly size: number; readonly channels: number; readonly epsilon: number };

/**
 * Makes the kernel and bias of the one layer that gives what a convolution or dense layer and a normalization by kept moments after it give:
 * kernel * s and (bias - mean) * s + beta with s = gamma / sqrt(variance + epsilon), by channel. Channels are the kernel's last axis, or its last two, as of
 * a depthwise one.
 */
export const foldNormOp = defineOp<Fold>()({
  name: 'fold_norm',
  inputs: ['kernel', 'bias', 'mean', 'variance', 'gamma', 'beta'],
  outputs: ['foldedKernel', 'foldedBias'],
  shapes: (_, { kernel, bias }) => ({ foldedKernel: { shape: kernel.shape }, foldedBias: { shape: bias.shape } }),
  cost: ({ size, channels }) => ({ flops: size + 6 * channels, bytes: 4 * (2 * size + 6 * channels) }),
});
