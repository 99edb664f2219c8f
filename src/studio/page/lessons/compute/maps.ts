import { dilatedWindow2d } from '../../../../engine/shape.js';
import { conv2dForward } from '../../../../reference/conv2d.js';
import { drawMask } from '../../../../reference/dropout.js';

/** Kernels of 3x3 that people know, row by row. */
export const KERNELS = {
  blur: [1, 2, 1, 2, 4, 2, 1, 2, 1].map(weight => weight / 16),
  'edges across': [-1, 0, 1, -2, 0, 2, -1, 0, 1],
  'edges down': [-1, -2, -1, 0, 0, 0, 1, 2, 1],
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
  nothing: [0, 0, 0, 0, 1, 0, 0, 0, 0],
} as const satisfies Readonly<Record<string, readonly number[]>>;
export type KernelName = keyof typeof KERNELS;

/** A kernel [3, 3] over one map [height, width], without padding: [height - 2, width - 2], by the engine's reference convolution. */
export function convolve(map: Float32Array, height: number, width: number, kernel: readonly number[]): Float32Array {
  const output = new Float32Array((height - 2) * (width - 2));
  conv2dForward(
    { input: map, kernel: Float32Array.from(kernel), bias: new Float32Array(1), output },
    { ...dilatedWindow2d('convolve', [1, height, width, 1], { kernel: [3, 3], strides: [1, 1], padding: 'valid' }), filters: 1 },
  );
  return output;
}

/** The grey of a picture [height, width, channels]: the mean of its channels. */
export function greyOf(input: ArrayLike<number>, height: number, width: number, channels: number): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += input[i * channels + c]!;
    return sum / channels;
  });
}

/** One channel of maps [height, width, channels]. */
export function channelOf(maps: ArrayLike<number>, size: number, channels: number, channel: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => maps[i * channels + channel]!);
}

/** A map moved right by some columns; those that come in repeat the first. */
export function shiftRight(map: Float32Array, height: number, width: number, columns: number): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => map[i - Math.min(columns, i % width)]!);
}

/** The largest of each window of `size` x `size`; rows and columns that fill no window are left out. */
export function maxPool(map: Float32Array, height: number, width: number, size: number): Float32Array {
  const [high, wide] = [Math.floor(height / size), Math.floor(width / size)];
  return Float32Array.from({ length: high * wide }, (_, i) => {
    const [top, left] = [Math.floor(i / wide) * size, (i % wide) * size];
    let best = -Infinity;
    for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) best = Math.max(best, map[(top + y) * width + left + x]!);
    return best;
  });
}

/** How much a map changed: the sum of absolute differences over that of the values. 0 where nothing is there to change. */
export function changeOf(before: Float32Array, after: Float32Array): number {
  let [apart, whole] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    apart += Math.abs(after[i]! - before[i]!);
    whole += Math.abs(before[i]!);
  }
  return whole === 0 ? 0 : apart / whole;
}

/** Share of numbers that relu would make 0 if `bias` were added to all of them. */
export function silentShare(preActivations: ArrayLike<number>, bias: number): number {
  let silent = 0;
  for (let i = 0; i < preActivations.length; i++) if (preActivations[i]! + bias <= 0) silent++;
  return silent / preActivations.length;
}

/** The factors that dropout multiplies one row of `size` numbers with at a step, from 1: 0 or 1 / (1 - rate), as the engine draws them. */
export function maskAt(size: number, rate: number, seed: number, step: number): Float32Array {
  const mask = new Float32Array(size);
  drawMask(mask, { size, offset: 0, channels: size, rate, scale: 1 / (1 - rate), seed, stream: 0, rowsBefore: step - 1 });
  return mask;
}
