/** What one number before the last layer adds to a class' logit. */
export interface Contribution {
  readonly unit: number;
  readonly activation: number;
  readonly weight: number;
  readonly product: number;
}

/**
 * The products that make a logit, the one that matters most first: activations [units], kernel [units, classes].
 * Their sum and bias[unit] are the logit.
 */
export function contributionsTo(
  activations: ArrayLike<number>,
  kernel: ArrayLike<number>,
  classes: number,
  to: number,
): readonly Contribution[] {
  return Array.from(activations, (activation, unit): Contribution => {
    const weight = kernel[unit * classes + to]!;
    return { unit, activation, weight, product: activation * weight };
  }).sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
}

/** The four gradients of one pooling window, and which of them won. */
export interface WindowGradient {
  /** Of the pooling's output. */
  readonly sent: number;
  /** Of the numbers under the window, row by row. */
  readonly received: readonly number[];
  /** i * windowWidth + j. */
  readonly winner: number;
}

/** Reads a window's gradients out of the buffers: maps [height, width, channels] under windows of size x size that touch. */
export function windowGradient(
  { outputGradient, inputGradient, argmax }: Readonly<Record<'outputGradient' | 'inputGradient' | 'argmax', ArrayLike<number>>>,
  [, width, channels]: readonly [number, number, number],
  size: number,
  index: number,
): WindowGradient {
  const pooledWidth = Math.floor(width / size);
  const [place, channel] = [Math.floor(index / channels), index % channels];
  const [top, left] = [Math.floor(place / pooledWidth) * size, (place % pooledWidth) * size];
  const received = Array.from({ length: size * size }, (_, i) => {
    const [row, column] = [top + Math.floor(i / size), left + (i % size)];
    return inputGradient[(row * width + column) * channels + channel]!;
  });
  return { sent: outputGradient[index]!, received, winner: argmax[index]! };
}
