import type { DilatedWindow2d } from '../../engine/shape.js';

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

export function under(a: DilatedWindow2d, [y, x]: readonly [number, number], [i, j]: readonly [number, number]): Under {
  const [row, column] = [y * a.strideHeight + i * a.dilationHeight - a.padTop, x * a.strideWidth + j * a.dilationWidth - a.padLeft];
  return { y, x, i, j, row, column, isPadding: row < 0 || row >= a.height || column < 0 || column >= a.width };
}

/** All places of a window, row after row. */
export function windowAt(a: DilatedWindow2d, y: number, x: number): Under[] {
  const { kernelHeight, kernelWidth } = a;
  return Array.from({ length: kernelHeight * kernelWidth }, (_, at) => under(a, [y, x], [Math.floor(at / kernelWidth), at % kernelWidth]));
}

/** Which outputs of an axis have the input's place `at` in their window, and at which place of the window. */
function covering(
  at: number,
  { window, stride, pad, outputs, dilation }: Readonly<Record<'window' | 'stride' | 'pad' | 'outputs' | 'dilation', number>>,
): (readonly [output: number, tap: number])[] {
  const found: (readonly [number, number])[] = [];
  const first = Math.max(Math.ceil((at + pad - (window - 1) * dilation) / stride), 0);
  for (let output = first; output < outputs && output * stride <= at + pad; output++) {
    const apart = at + pad - output * stride;
    if (apart % dilation === 0) found.push([output, apart / dilation]);
  }
  return found;
}

/** The windows that lie over a place of the input, and with which of their places. */
export function windowsOver(a: DilatedWindow2d, row: number, column: number): Under[] {
  const [rows, columns] = [
    covering(row, { window: a.kernelHeight, stride: a.strideHeight, pad: a.padTop, outputs: a.outputHeight, dilation: a.dilationHeight }),
    covering(column, { window: a.kernelWidth, stride: a.strideWidth, pad: a.padLeft, outputs: a.outputWidth, dilation: a.dilationWidth }),
  ];
  return rows.flatMap(([y, i]) => columns.map(([x, j]) => under(a, [y, x], [i, j])));
}
