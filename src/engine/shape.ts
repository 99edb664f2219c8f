/** Lengths of a tensor's axes, slowest first. Images are [batch, height, width, channels], conv kernels [height, width, channels, filters]. */
export type Shape = readonly number[];

/** Number of elements in a tensor of this shape (1 for a scalar, `[]`). */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** `[10, 150, 150, 3]`, as error messages and summaries print it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Throws unless `shape` has `rank` axes, each a positive integer. */
export function checkRank(op: string, name: string, shape: Shape, rank: number): void {
  if (shape.length !== rank) throw new Error(`${op}: ${name} has shape ${formatShape(shape)}, wanted ${rank} axes`);
  const bad = shape.findIndex(length => !Number.isInteger(length) || length < 1);
  if (bad >= 0) throw new Error(`${op}: ${name} has shape ${formatShape(shape)}; axis ${bad} must be a positive integer`);
}

function checkPositive(op: string, what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new Error(`${op}: ${what} is ${value}, wanted a positive integer`);
}

/** 'valid': windows lie inside the input. 'same': zeros around it so that stride 1 keeps the size, as TensorFlow pads. */
export type Padding = 'valid' | 'same';

/** How a window (of a convolution or a pooling) slides over an image, in elements. Also the Params of their shaders. */
export type Window2d = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  /** Rows of padding above the input and columns left of it. */
  readonly padTop: number;
  readonly padLeft: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
};

/** How far apart the places of a window lie on the image: 1 where they are neighbours. */
export type Dilation = { readonly dilationHeight: number; readonly dilationWidth: number };

/** A convolution's window. */
export type DilatedWindow2d = Window2d & Dilation;

export interface WindowOptions {
  /** [height, width] of the window. */
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

export interface DilatedWindowOptions extends WindowOptions {
  /** Default [1, 1]. */
  readonly dilation?: readonly [number, number] | undefined;
}

/**
 * Geometry of a window sliding over `input` [batch, height, width, channels].
 * valid: output = floor((size - kernel) / stride) + 1. same: output = ceil(size / stride), the padding split with the odd one after.
 * Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function window2d(op: string, input: Shape, { kernel, strides, padding }: WindowOptions): Window2d {
  checkRank(op, 'input', input, 4);
  const [batch, height, width, channels] = input as [number, number, number, number];
  const slide = (axis: 'height' | 'width', size: number, window: number, stride: number): { output: number; before: number } => {
    checkPositive(op, `kernel ${axis}`, window);
    checkPositive(op, `stride on ${axis}`, stride);
    if (padding === 'same') {
      const output = Math.ceil(size / stride);
      const total = Math.max((output - 1) * stride + window - size, 0);
      return { output, before: Math.floor(total / 2) };
    }
    if (window > size) {
      throw new Error(
        `${op}: kernel ${window} > input ${size} on ${axis} (padding 'valid'): use a smaller kernel, a larger image or padding 'same'`,
      );
    }
    return { output: Math.floor((size - window) / stride) + 1, before: 0 };
  };
  const rows = slide('height', height, kernel[0], strides[0]);
  const columns = slide('width', width, kernel[1], strides[1]);
  return {
    batch,
    height,
    width,
    channels,
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideHeight: strides[0],
    strideWidth: strides[1],
    padTop: rows.before,
    padLeft: columns.before,
    outputHeight: rows.output,
    outputWidth: columns.output,
  };
}

/**
 * Geometry of a window with gaps between its places: it spans (kernel - 1) * dilation + 1, and slides and pads as a window of that size.
 * Source: https://www.tensorflow.org/api_docs/python/tf/nn/convolution
 */
export function dilatedWindow2d(
  op: string,
  input: Shape,
  { kernel, dilation = [1, 1], ...options }: DilatedWindowOptions,
): DilatedWindow2d {
  checkRank(op, 'input', input, 4);
  const [dilationHeight, dilationWidth] = dilation;
  for (const [i, axis] of (['height', 'width'] as const).entries()) {
    checkPositive(op, `kernel ${axis}`, kernel[i]!);
    checkPositive(op, `dilation on ${axis}`, dilation[i]!);
  }
  const isSpread = dilationHeight > 1 || dilationWidth > 1;
  // As in Keras and TensorFlow: nothing says which of the places between two strides a gap would skip.
  if (isSpread && Math.max(...options.strides) > 1) {
    throw new Error(
      `${op}: strides of ${options.strides.join(', ')} and a dilation of ${dilation.join(', ')} exclude each other: one of them has to be 1`,
    );
  }
  const [kernelHeight, kernelWidth] = kernel;
  const spanned = [(kernelHeight - 1) * dilationHeight + 1, (kernelWidth - 1) * dilationWidth + 1] as const;
  if (isSpread && options.padding === 'valid' && (spanned[0] > input[1]! || spanned[1] > input[2]!)) {
    throw new Error(
      `${op}: a kernel of ${kernel.join('×')} dilated by ${dilation.join(', ')} spans ${spanned.join('×')}, more than the input ${formatShape(input)} (padding 'valid')`,
    );
  }
  return { ...window2d(op, input, { ...options, kernel: spanned }), kernelHeight, kernelWidth, dilationHeight, dilationWidth };
}
