import type { Window2d } from '../engine/shape.js';
import type { Floats } from './values.js';

/**
 * The largest value of each window and its place in it, i * kernelWidth + j; of equal values the first in row-major order.
 * input [batch, height, width, channels] -> output, argmax [batch, outputHeight, outputWidth, channels]
 */
export function maxPool2dForward(
  { input, output, argmax }: Record<'input' | 'output', Floats> & { argmax: Uint32Array },
  a: Window2d,
): void {
  forEachOutput(a, (n, y, x, index) => {
    for (let c = 0; c < a.channels; c++) {
      let best = -1;
      for (let i = 0; i < a.kernelHeight; i++) {
        for (let j = 0; j < a.kernelWidth; j++) {
          const pixel = inputIndex(a, n, y, x, i, j);
          if (pixel === undefined || (best >= 0 && !(input[pixel + c]! > output[index + c]!))) continue;
          best = i * a.kernelWidth + j;
          output[index + c] = input[pixel + c]!;
        }
      }
      argmax[index + c] = best;
    }
  });
}

/** A window's gradient goes to its winner. */
export function maxPool2dBackward(
  { dOutput, argmax, dInput }: Record<'dOutput' | 'dInput', Floats> & { argmax: Uint32Array },
  a: Window2d,
): void {
  dInput.fill(0);
  forEachOutput(a, (n, y, x, index) => {
    for (let c = 0; c < a.channels; c++) {
      const winner = argmax[index + c]!;
      const pixel = inputIndex(a, n, y, x, Math.floor(winner / a.kernelWidth), winner % a.kernelWidth);
      if (pixel !== undefined) dInput[pixel + c]! += dOutput[index + c]!;
    }
  });
}

/** Calls `visit` for each position of the window with the index of output[n, y, x, 0]. */
function forEachOutput(a: Window2d, visit: (n: number, y: number, x: number, index: number) => void): void {
  for (let n = 0; n < a.batch; n++) {
    for (let y = 0; y < a.outputHeight; y++) {
      for (let x = 0; x < a.outputWidth; x++) visit(n, y, x, ((n * a.outputHeight + y) * a.outputWidth + x) * a.channels);
    }
  }
}

/** Index of the first channel of the pixel at place (i, j) of a window; none in the padding. */
function inputIndex(a: Window2d, n: number, y: number, x: number, i: number, j: number): number | undefined {
  const row = y * a.strideHeight + i - a.padTop;
  const column = x * a.strideWidth + j - a.padLeft;
  if (row < 0 || row >= a.height || column < 0 || column >= a.width) return undefined;
  return ((n * a.height + row) * a.width + column) * a.channels;
}
