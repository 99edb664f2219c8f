import type { Floats } from './values.js';

type Padded = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
};

/** Calls `visit` for each row of an image with where it begins in the input and in the output, and its length. */
function forEachRow(a: Padded, visit: (input: number, output: number, length: number) => void): void {
  for (let n = 0; n < a.batch; n++) {
    for (let row = 0; row < a.height; row++) {
      const input = (n * a.height + row) * a.width * a.channels;
      const output = ((n * a.outputHeight + row + a.padTop) * a.outputWidth + a.padLeft) * a.channels;
      visit(input, output, a.width * a.channels);
    }
  }
}

/** output[n, row + padTop, column + padLeft, c] = input[n, row, column, c]; 0 around it. */
export function zeroPad2dForward({ input, output }: Record<'input' | 'output', Floats>, a: Padded): void {
  output.fill(0);
  forEachRow(a, (from, to, length) => output.set(input.subarray(from, from + length), to));
}

export function zeroPad2dBackward({ dOutput, dInput }: Record<'dOutput' | 'dInput', Floats>, a: Padded): void {
  forEachRow(a, (to, from, length) => dInput.set(dOutput.subarray(from, from + length), to));
}
