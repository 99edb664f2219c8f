import type { Window2d } from '../../engine/shape.js';

/** A place (i, j) of the window (y, x), and the row and column of the input under it; outside the picture is padding. */
interface Under {
  readonly y: number;
  readonly x: number;
  readonly i: number;
  readonly j: number;
  readonly row: number;
  readonly column: number;
  readonly isPadding: boolean;
}

export function under(a: Window2d, [y, x]: readonly [number, number], [i, j]: readonly [number, number]): Under {
  const [row, column] = [y * a.strideHeight + i - a.padTop, x * a.strideWidth + j - a.padLeft];
  return { y, x, i, j, row, column, isPadding: row < 0 || row >= a.height || column < 0 || column >= a.width };
}

/** All places of a window, row after row. */
export function windowAt(a: Window2d, y: number, x: number): Under[] {
  const { kernelHeight, kernelWidth } = a;
  return Array.from({ length: kernelHeight * kernelWidth }, (_, at) => under(a, [y, x], [Math.floor(at / kernelWidth), at % kernelWidth]));
}

/** Which outputs of an axis have the input's place `at` in their window, and at which place of the window. */
function covering(at: number, window: number, stride: number, pad: number, outputs: number): (readonly [output: number, tap: number])[] {
  const found: (readonly [number, number])[] = [];
  for (let output = Math.max(Math.ceil((at + pad - window + 1) / stride), 0); output < outputs && output * stride <= at + pad; output++) {
    found.push([output, at + pad - output * stride]);
  }
  return found;
}

/** The windows that lie over a place of the input, and with which of their places. */
export function windowsOver(a: Window2d, row: number, column: number): Under[] {
  const columns = covering(column, a.kernelWidth, a.strideWidth, a.padLeft, a.outputWidth);
  return covering(row, a.kernelHeight, a.strideHeight, a.padTop, a.outputHeight).flatMap(([y, i]) =>
    columns.map(([x, j]) => under(a, [y, x], [i, j])),
  );
}
