import type { Floats } from './values.js';

type Images = { batch: number; places: number; channels: number };
type Rows = Images & { rows: number };
type Normalized = Images & { epsilon: number };
type Places = { count: number; channels: number; epsilon: number };

/** mean and variance over the places of the valid rows, by channel */
export function batchMoments(
  { input, mean, variance }: Record<'input' | 'mean' | 'variance', Floats>,
  { batch, places, channels, rows }: Rows,
): void {
  const count = Math.min(rows, batch) * places;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += input[i * channels + c]!;
    const middle = sum / count;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += (input[i * channels + c]! - middle) ** 2;
    mean[c] = middle;
    variance[c] = squares / count;
  }
}

/** output = gamma * (input - mean) / sqrt(variance + epsilon) + beta */
export function normalize(
  { input, mean, variance, gamma, beta, output }: Record<'input' | 'mean' | 'variance' | 'gamma' | 'beta' | 'output', Floats>,
  { count, channels, epsilon }: Places,
): void {
  for (let i = 0; i < count * channels; i++) {
    const c = i % channels;
    output[i] = (gamma[c]! * (input[i]! - mean[c]!)) / Math.sqrt(variance[c]! + epsilon) + beta[c]!;
  }
}

/** dGamma = sum of dOutput * (input - mean) / sqrt(variance + epsilon), dBeta = sum of dOutput, by channel */
export function batchNormBackwardSums(
  tensors: Record<'input' | 'mean' | 'variance' | 'dOutput' | 'dGamma' | 'dBeta', Floats>,
  { batch, places, channels, epsilon }: Normalized,
): void {
  const { input, mean, variance, dOutput, dGamma, dBeta } = tensors;
  for (let c = 0; c < channels; c++) {
    let [products, sum] = [0, 0];
    for (let i = c; i < batch * places * channels; i += channels) {
      products += dOutput[i]! * (input[i]! - mean[c]!);
      sum += dOutput[i]!;
    }
    dGamma[c] = products / Math.sqrt(variance[c]! + epsilon);
    dBeta[c] = sum;
  }
}

/** dInput = factor * (dOutput - (dBeta + x̂ * dGamma) / count), count the places of valid rows; of other rows, which are in no moment, factor * dOutput */
export function batchNormBackwardInput(
  tensors: Record<'input' | 'mean' | 'variance' | 'gamma' | 'dOutput' | 'dGamma' | 'dBeta' | 'dInput', Floats>,
  { batch, places, channels, rows, epsilon }: Rows & Normalized,
): void {
  const { input, mean, variance, gamma, dOutput, dGamma, dBeta, dInput } = tensors;
  const count = Math.min(rows, batch) * places;
  for (let i = 0; i < batch * places * channels; i++) {
    const c = i % channels;
    const inverse = 1 / Math.sqrt(variance[c]! + epsilon);
    const normal = (input[i]! - mean[c]!) * inverse;
    const through = i < count * channels ? (dBeta[c]! + normal * dGamma[c]!) / count : 0;
    dInput[i] = gamma[c]! * inverse * (dOutput[i]! - through);
  }
}

/** dInput = dOutput * gamma / sqrt(variance + epsilon) */
export function runningNormBackwardInput(
  { variance, gamma, dOutput, dInput }: Record<'variance' | 'gamma' | 'dOutput' | 'dInput', Floats>,
  { count, channels, epsilon }: Places,
): void {
  for (let i = 0; i < count * channels; i++)
    dInput[i] = (dOutput[i]! * gamma[i % channels]!) / Math.sqrt(variance[i % channels]! + epsilon);
}

/** moved = keep * moving + (1 - keep) * value, value times count / (count - 1) where that is wanted */
export function movingAverage(
  { moving, value, moved }: Record<'moving' | 'value' | 'moved', Floats>,
  a: { size: number; keep: number; batch: number; places: number; rows: number; isUnbiased: number },
): void {
  const count = Math.min(a.rows, a.batch) * a.places;
  const correction = a.isUnbiased ? count / Math.max(count - 1, 1) : 1;
  for (let i = 0; i < a.size; i++) moved[i] = a.keep * moving[i]! + (1 - a.keep) * value[i]! * correction;
}
