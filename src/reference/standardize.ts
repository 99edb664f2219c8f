import type { Floats } from './values.js';

type Images = { batch: number; size: number };

const EPSILON = 1e-6;

/** moments[n] = mean and standard deviation of image n */
export function imageMoments({ input, moments }: Record<'input' | 'moments', Floats>, { batch, size }: Images): void {
  for (let n = 0; n < batch; n++) {
    let sum = 0;
    for (let i = n * size; i < (n + 1) * size; i++) sum += input[i]!;
    const mean = sum / size;
    let squares = 0;
    for (let i = n * size; i < (n + 1) * size; i++) squares += (input[i]! - mean) ** 2;
    moments.set([mean, Math.sqrt(squares / size)], 2 * n);
  }
}

/** output = (input - mean) / (deviation + 1e-6) by image; without `normalize` only the mean is taken away */
export function samplewise(
  { input, moments, output }: Record<'input' | 'moments' | 'output', Floats>,
  a: Images & { normalize: number },
): void {
  for (let i = 0; i < a.batch * a.size; i++) {
    const n = Math.floor(i / a.size);
    output[i] = (input[i]! - moments[2 * n]!) / (a.normalize ? moments[2 * n + 1]! + EPSILON : 1);
  }
}

/** output = (input - mean) / (deviation + 1e-6) by channel; without `normalize` only the mean is taken away */
export function featurewise(
  { input, statistics, output }: Record<'input' | 'statistics' | 'output', Floats>,
  { rows, channels, normalize }: { rows: number; channels: number; normalize: number },
): void {
  for (let i = 0; i < rows * channels; i++) {
    const channel = i % channels;
    output[i] = (input[i]! - statistics[channel]!) / (normalize ? statistics[channels + channel]! + EPSILON : 1);
  }
}
