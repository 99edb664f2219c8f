import type { Window2d } from '../engine/shape.js';
import type { Floats } from './values.js';

/**
 * The mean of the places of each window that lie on the input.
 * input [batch, height, width, channels] -> output [batch, outputHeight, outputWidth, channels]
 */
export function avgPool2dForward({ input, output }: Record<'input' | 'output', Floats>, a: Window2d): void {
  forEachWindow(a, (index, pixels) => {
    for (let c = 0; c < a.channels; c++) {
      let sum = 0;
      for (const pixel of pixels) sum += input[pixel + c]!;
      output[index + c] = sum / pixels.length;
    }
  });
}

/** A window's gradient goes in equal shares to the places that it covers. */
export function avgPool2dBackward({ dOutput, dInput }: Record<'dOutput' | 'dInput', Floats>, a: Window2d): void {
  const sums = new Float64Array(dInput.length);
  forEachWindow(a, (index, pixels) => {
    for (const pixel of pixels) for (let c = 0; c < a.channels; c++) sums[pixel + c]! += dOutput[index + c]! / pixels.length;
  });
  dInput.set(sums);
}

/** Calls `visit` for each position of the window with the index of output[n, y, x, 0], and of the first channel of each pixel under it. */
function forEachWindow(a: Window2d, visit: (index: number, pixels: readonly number[]) => void): void {
  for (let n = 0; n < a.batch; n++) {
    for (let y = 0; y < a.outputHeight; y++) {
      for (let x = 0; x < a.outputWidth; x++) {
        const [top, left] = [y * a.strideHeight - a.padTop, x * a.strideWidth - a.padLeft];
        const pixels: number[] = [];
        for (let row = Math.max(top, 0); row < Math.min(top + a.kernelHeight, a.height); row++) {
          for (let column = Math.max(left, 0); column < Math.min(left + a.kernelWidth, a.width); column++) {
            pixels.push(((n * a.height + row) * a.width + column) * a.channels);
          }
        }
        visit(((n * a.outputHeight + y) * a.outputWidth + x) * a.channels, pixels);
      }
    }
  }
}
