import type { DilatedWindow2d } from '../engine/shape.js';
import type { Floats } from './values.js';

type Conv2d = DilatedWindow2d & { readonly filters: number };

/**
 * output[n, y, x, f] = bias[f] + sum over i, j, c of input[n, y * strideHeight + i * dilationHeight - padTop, x * strideWidth + j * dilationWidth - padLeft, c] * kernel[i, j, c, f]
 * input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, filters], bias [filters]
 */
export function conv2dForward({ input, kernel, bias, output }: Record<'input' | 'kernel' | 'bias' | 'output', Floats>, a: Conv2d): void {
  const sums = new Float64Array(a.filters);
  for (let n = 0; n < a.batch; n++) {
    for (let y = 0; y < a.outputHeight; y++) {
      for (let x = 0; x < a.outputWidth; x++) {
        sums.set(bias);
        forEachTap(a, n, y, x, (pixel, tap) => {
          for (let c = 0; c < a.channels; c++) {
            const value = input[pixel + c]!;
            const weights = tap + c * a.filters;
            for (let f = 0; f < a.filters; f++) sums[f]! += value * kernel[weights + f]!;
          }
        });
        output.set(sums, outputIndex(a, n, y, x));
      }
    }
  }
}

/** dInput[n, row, column, c] = sum over the windows that cover it of dOutput[n, y, x, f] * kernel[i, j, c, f] */
export function conv2dBackwardInput({ dOutput, kernel, dInput }: Record<'dOutput' | 'kernel' | 'dInput', Floats>, a: Conv2d): void {
  const sums = new Float64Array(dInput.length);
  for (let n = 0; n < a.batch; n++) {
    for (let y = 0; y < a.outputHeight; y++) {
      for (let x = 0; x < a.outputWidth; x++) {
        const position = outputIndex(a, n, y, x);
        forEachTap(a, n, y, x, (pixel, tap) => {
          for (let c = 0; c < a.channels; c++) {
            const weights = tap + c * a.filters;
            let sum = 0;
            for (let f = 0; f < a.filters; f++) sum += dOutput[position + f]! * kernel[weights + f]!;
            sums[pixel + c]! += sum;
          }
        });
      }
    }
  }
  dInput.set(sums);
}

/** dKernel[i, j, c, f] = sum over n, y, x of input[n, y * strideHeight + i * dilationHeight - padTop, x * strideWidth + j * dilationWidth - padLeft, c] * dOutput[n, y, x, f] */
export function conv2dBackwardKernel({ input, dOutput, dKernel }: Record<'input' | 'dOutput' | 'dKernel', Floats>, a: Conv2d): void {
  const sums = new Float64Array(dKernel.length);
  for (let n = 0; n < a.batch; n++) {
    for (let y = 0; y < a.outputHeight; y++) {
      for (let x = 0; x < a.outputWidth; x++) {
        const position = outputIndex(a, n, y, x);
        forEachTap(a, n, y, x, (pixel, tap) => {
          for (let c = 0; c < a.channels; c++) {
            const value = input[pixel + c]!;
            const weights = tap + c * a.filters;
            for (let f = 0; f < a.filters; f++) sums[weights + f]! += value * dOutput[position + f]!;
          }
        });
      }
    }
  }
  dKernel.set(sums);
}

/** Index of output[n, y, x, 0]. */
function outputIndex(a: Conv2d, n: number, y: number, x: number): number {
  return ((n * a.outputHeight + y) * a.outputWidth + x) * a.filters;
}

/** Calls `visit` with the indices of input[n, row, column, 0] and kernel[i, j, 0, 0] for each tap of a window that lies inside the input. */
function forEachTap(a: Conv2d, n: number, y: number, x: number, visit: (pixel: number, tap: number) => void): void {
  for (let i = 0; i < a.kernelHeight; i++) {
    const row = y * a.strideHeight + i * a.dilationHeight - a.padTop;
    if (row < 0 || row >= a.height) continue;
    for (let j = 0; j < a.kernelWidth; j++) {
      const column = x * a.strideWidth + j * a.dilationWidth - a.padLeft;
      if (column < 0 || column >= a.width) continue;
      visit(((n * a.height + row) * a.width + column) * a.channels, (i * a.kernelWidth + j) * a.channels * a.filters);
    }
  }
}
