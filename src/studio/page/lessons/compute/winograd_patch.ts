import type { InspectedLayer, Inspection } from '../../../../inspect/types.js';
import type { ConvolutionWay } from '../../../protocol.js';

type Matrix = readonly (readonly number[])[];

/** A fast convolution by tiles: output = outputT · ((kernel · g · kernelᵀ) ⊙ (inputT · d · inputTᵀ)) · outputTᵀ. */
export interface FastWay {
  readonly tile: number;
  readonly kernel: Matrix;
  readonly inputT: Matrix;
  readonly outputT: Matrix;
}

/** Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", section 4.1, https://arxiv.org/abs/1509.09308 */
const F2: FastWay = {
  tile: 2,
  kernel: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  inputT: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  outputT: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

/** The matrices of shaders/winograd4_*.wgsl: Cook and Toom's for the points 0, ±3/4, ±3/2 and infinity. */
const F4: FastWay = {
  tile: 4,
  kernel: [
    [64 / 81, 0, 0],
    [-128 / 243, -32 / 81, -8 / 27],
    [-128 / 243, 32 / 81, -8 / 27],
    [32 / 243, 16 / 81, 8 / 27],
    [32 / 243, -16 / 81, 8 / 27],
    [0, 0, 1],
  ],
  inputT: [
    [1.265625, 0, -2.8125, 0, 1, 0],
    [0, -1.6875, -2.25, 0.75, 1, 0],
    [0, 1.6875, -2.25, -0.75, 1, 0],
    [0, -0.84375, -0.5625, 1.5, 1, 0],
    [0, 0.84375, -0.5625, -1.5, 1, 0],
    [0, 1.265625, 0, -2.8125, 0, 1],
  ],
  outputT: [
    [1, 1, 1, 1, 1, 0],
    [0, 0.75, -0.75, 1.5, -1.5, 0],
    [0, 0.5625, 0.5625, 2.25, 2.25, 0],
    [0, 0.421875, -0.421875, 3.375, -3.375, 1],
  ],
};

export const FAST_WAYS = { 'F(2×2)': F2, 'F(4×4)': F4 } as const;

/** Sides of what the ways are held to one another on: a tile of F(4x4), and the patch that it is computed from. */
export const OUTPUTS = 4;
export const PATCH = OUTPUTS + 2;

/** A product of matrices, each multiplication and addition rounded to float32. */
function product(a: Matrix, b: Matrix): Matrix {
  return a.map(row => b[0]!.map((_, j) => row.reduce((sum, value, i) => Math.fround(sum + Math.fround(value * b[i]![j]!)), 0)));
}

const transpose = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map(row => row[j]!));
const around = (a: Matrix, b: Matrix): Matrix => product(product(a, b), transpose(a));

/** What a way of computing a patch gave. */
export interface PatchWay {
  readonly way: ConvolutionWay;
  readonly tiles: number;
  /** Multiplications of what depends on the picture by what depends on the weights, counted as they were done. */
  readonly products: number;
  /** [OUTPUTS, OUTPUTS], in float32. */
  readonly outputs: Float32Array;
  /** The largest difference to the same sums in float64, relative to the largest number. */
  readonly error: number;
}

/** One filter [3, 3, channels] over a patch [PATCH, PATCH, channels]. */
export interface Patch {
  readonly pixels: Float32Array;
  readonly kernel: Float32Array;
  readonly channels: number;
}

/** The last convolution of a network that Winograd's way is for, where its maps have a whole tile. */
export const layerIn = ({ layers }: Inspection): InspectedLayer | undefined =>
  layers.findLast(({ kind, window, outputShape: [height = 0, width = 0] }) => {
    if (kind !== 'conv2d' || !window) return false;
    const { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = window;
    const isMade = kernelHeight === 3 && kernelWidth === 3 && strideHeight * strideWidth * dilationHeight * dilationWidth === 1;
    return isMade && height >= OUTPUTS && width >= OUTPUTS;
  });

/** What the layer reads for a square of its outputs, and one of its filters. */
export function patchIn({ tensors }: Inspection, { index, window }: InspectedLayer, row: number, column: number, filter: number): Patch {
  const { height, width, channels, padTop, padLeft } = window!;
  const { data: maps } = tensors[index === 0 ? 'input' : `layer${index - 1}/output`]!;
  const { data: weights, shape } = tensors[`layer${index}/kernel`]!;
  const filters = shape.at(-1)!;
  const pixels = Float32Array.from({ length: PATCH * PATCH * channels }, (_, i) => {
    const [place, channel] = [Math.floor(i / channels), i % channels];
    const [y, x] = [row - padTop + Math.floor(place / PATCH), column - padLeft + (place % PATCH)];
    return y < 0 || x < 0 || y >= height || x >= width ? 0 : maps[(y * width + x) * channels + channel]!;
  });
  return { pixels, kernel: Float32Array.from({ length: 9 * channels }, (_, i) => weights[i * filters + filter]!), channels };
}

/** A channel's rows from a place on: [side, side]. */
function partOf({ pixels, channels }: Patch, channel: number, top: number, left: number, side: number): Matrix {
  const at = (row: number, column: number): number => pixels[((top + row) * PATCH + left + column) * channels + channel]!;
  return Array.from({ length: side }, (_, row) => Array.from({ length: side }, (__, column) => at(row, column)));
}

const kernelOf = ({ kernel, channels }: Patch, channel: number): Matrix =>
  [0, 1, 2].map(row => [0, 1, 2].map(column => kernel[(row * 3 + column) * channels + channel]!));

/** The sums of products, `round` after each; and how many products there were. */
function direct(patch: Patch, round: (value: number) => number): { readonly outputs: Float64Array; readonly products: number } {
  const outputs = new Float64Array(OUTPUTS * OUTPUTS);
  let products = 0;
  for (let channel = 0; channel < patch.channels; channel++) {
    const kernel = kernelOf(patch, channel);
    for (let i = 0; i < outputs.length; i++) {
      const part = partOf(patch, channel, Math.floor(i / OUTPUTS), i % OUTPUTS, 3);
      for (let tap = 0; tap < 9; tap++) {
        const [row, column] = [Math.floor(tap / 3), tap % 3];
        outputs[i] = round(outputs[i]! + round(part[row]![column]! * kernel[row]![column]!));
        products++;
      }
    }
  }
  return { outputs, products };
}

/** The same by tiles: the sum over channels is taken in the positions, and transformed back once. */
function fast(patch: Patch, { tile, kernel, inputT, outputT }: FastWay): { readonly outputs: Float64Array; readonly products: number } {
  const outputs = new Float64Array(OUTPUTS * OUTPUTS);
  const positions = tile + 2;
  const kernels = Array.from({ length: patch.channels }, (_, channel) => around(kernel, kernelOf(patch, channel)));
  let products = 0;
  for (let top = 0; top < OUTPUTS; top += tile) {
    for (let left = 0; left < OUTPUTS; left += tile) {
      const sums = Array.from({ length: positions }, () => new Array<number>(positions).fill(0));
      for (const [channel, weights] of kernels.entries()) {
        const pixels = around(inputT, partOf(patch, channel, top, left, positions));
        for (let i = 0; i < positions; i++) {
          for (let j = 0; j < positions; j++) {
            sums[i]![j] = Math.fround(sums[i]![j]! + Math.fround(pixels[i]![j]! * weights[i]![j]!));
            products++;
          }
        }
      }
      for (const [row, values] of around(outputT, sums).entries()) outputs.set(values, (top + row) * OUTPUTS + left);
    }
  }
  return { outputs, products };
}

/** A patch by each way, in float32, held to float64. */
export function patchWays(patch: Patch): readonly PatchWay[] {
  const exact = direct(patch, value => value).outputs;
  const scale = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const held = (way: ConvolutionWay, tiles: number, { outputs, products }: ReturnType<typeof direct>): PatchWay => ({
    ...{ way, tiles, products, outputs: Float32Array.from(outputs) },
    error: outputs.reduce((most, value, i) => Math.max(most, Math.abs(value - exact[i]!)), 0) / scale,
  });
  const rows = Object.entries(FAST_WAYS) as [keyof typeof FAST_WAYS, FastWay][];
  return [
    held('direct', OUTPUTS ** 2, direct(patch, Math.fround)),
    ...rows.map(([way, form]) => held(way, (OUTPUTS / form.tile) ** 2, fast(patch, form))),
  ];
}
