import type { Floats } from './values.js';

/** foldedKernel = kernel * s, foldedBias = (bias - mean) * s + beta, s = gamma / sqrt(variance + epsilon) */
export function foldNorm(
  of: Record<'kernel' | 'bias' | 'mean' | 'variance' | 'gamma' | 'beta' | 'foldedKernel' | 'foldedBias', Floats>,
  { size, channels, epsilon }: { size: number; channels: number; epsilon: number },
): void {
  const factor = (c: number): number => of.gamma[c]! / Math.sqrt(of.variance[c]! + epsilon);
  for (let i = 0; i < size; i++) of.foldedKernel[i] = of.kernel[i]! * factor(i % channels);
  for (let c = 0; c < channels; c++) of.foldedBias[c] = (of.bias[c]! - of.mean[c]!) * factor(c) + of.beta[c]!;
}
