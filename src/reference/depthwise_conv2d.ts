import type { DilatedWindow2d } from '../engine/shape.js';
import type { Floats } from './values.js';

type DepthwiseConv2d = DilatedWindow2d & { readonly multiplier: number };

/**
 * output[n, y, x, u] = bias[u] + sum over i, j of input[n, y * strideHeight + i * dilationHeight - padTop, x * strideWidth + j * dilationWidth - padLeft, c] * kernel[i, j, u]
 * for the units u = c * multiplier + q of each channel c.
 * input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, multiplier], bias [channels * multiplier]
 */
export function depthwiseConv2dForward(
  { input, kernel, bias, output }: Record<'input' | 'kernel' | 'bias' | 'output', Floats>,
  a: DepthwiseConv2d,
): void {
  const units = bias.length;
  const sums = Float64Array.from(output, (_, i) => bias[i % units]!);
  forEachProduct(a, (pixel, tap, at) => {
    sums[at]! += input[pixel]! * kernel[tap]!;
  });
  output.set(sums);
}

/** dInput[n, row, column, c] = sum over the windows that cover it and the units u of c of dOutput[n, y, x, u] * kernel[i, j, u] */
export function depthwiseConv2dBackwardInput(
  { dOutput, kernel, dInput }: Record<'dOutput' | 'kernel' | 'dInput', Floats>,
  a: DepthwiseConv2d,
): void {
  const sums = new Float64Array(dInput.length);
  forEachProduct(a, (pixel, tap, at) => {
    sums[pixel]! += dOutput[at]! * kernel[tap]!;
  });
  dInput.set(sums);
}

/** dKernel[i, j, u] = sum over n, y, x of what its tap saw there times dOutput[n, y, x, u] */
export function depthwiseConv2dBackwardKernel(
  { input, dOutput, dKernel }: Record<'input' | 'dOutput' | 'dKernel', Floats>,
  a: DepthwiseConv2d,
): void {
  const sums = new Float64Array(dKernel.length);
  forEachProduct(a, (pixel, tap, at) => {
    sums[tap]! += input[pixel]! * dOutput[at]!;
  });
  dKernel.set(sums);
}

/** Calls `visit` for each product of the forward pass with the indices of its input, its weight and the output that it goes to. */
function forEachProduct(a: DepthwiseConv2d, visit: (pixel: number, tap: number, at: number) => void): void {
  const units = a.channels * a.multiplier;
  for (let position = 0; position < a.batch * a.outputHeight * a.outputWidth; position++) {
    const x = position % a.outputWidth;
    const y = Math.floor(position / a.outputWidth) % a.outputHeight;
    const n = Math.floor(position / (a.outputWidth * a.outputHeight));
    for (let i = 0; i < a.kernelHeight; i++) {
      const row = y * a.strideHeight + i * a.dilationHeight - a.padTop;
      if (row < 0 || row >= a.height) continue;
      for (let j = 0; j < a.kernelWidth; j++) {
        const column = x * a.strideWidth + j * a.dilationWidth - a.padLeft;
        if (column < 0 || column >= a.width) continue;
        const [pixel, tap] = [((n * a.height + row) * a.width + column) * a.channels, (i * a.kernelWidth + j) * units];
        for (let u = 0; u < units; u++) visit(pixel + Math.floor(u / a.multiplier), tap + u, position * units + u);
      }
    }
  }
}
