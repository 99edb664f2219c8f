import { biasBackward } from './bias.js';
import type { Floats } from './values.js';

type Dense = { readonly batch: number; readonly features: number; readonly units: number };

/** output[n, u] = bias[u] + sum over k of input[n, k] * kernel[k, u] */
export function denseForward({ input, kernel, bias, output }: Record<'input' | 'kernel' | 'bias' | 'output', Floats>, a: Dense): void {
  const sums = new Float64Array(a.units);
  for (let n = 0; n < a.batch; n++) {
    sums.set(bias);
    for (let k = 0; k < a.features; k++) {
      const value = input[n * a.features + k]!;
      for (let u = 0; u < a.units; u++) sums[u]! += value * kernel[k * a.units + u]!;
    }
    output.set(sums, n * a.units);
  }
}

/** dInput[n, k] = sum over u of dOutput[n, u] * kernel[k, u] */
export function denseBackwardInput({ dOutput, kernel, dInput }: Record<'dOutput' | 'kernel' | 'dInput', Floats>, a: Dense): void {
  for (let n = 0; n < a.batch; n++) {
    for (let k = 0; k < a.features; k++) {
      let sum = 0;
      for (let u = 0; u < a.units; u++) sum += dOutput[n * a.units + u]! * kernel[k * a.units + u]!;
      dInput[n * a.features + k] = sum;
    }
  }
}

/** dKernel[k, u] = sum over n of input[n, k] * dOutput[n, u]; dBias[u] = sum over n of dOutput[n, u] */
export function denseBackwardKernel(
  { input, dOutput, dKernel, dBias }: Record<'input' | 'dOutput' | 'dKernel' | 'dBias', Floats>,
  a: Dense,
): void {
  for (let k = 0; k < a.features; k++) {
    for (let u = 0; u < a.units; u++) {
      let sum = 0;
      for (let n = 0; n < a.batch; n++) sum += input[n * a.features + k]! * dOutput[n * a.units + u]!;
      dKernel[k * a.units + u] = sum;
    }
  }
  biasBackward({ dOutput, dBias }, { rows: a.batch, units: a.units });
}
