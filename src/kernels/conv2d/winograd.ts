import type { Tensor } from '../../engine/tensor.js';
import type { Conv2d } from '../../ops/conv2d.js';
import { inOrder, type Launch } from '../launch.js';
import type { Dispatch, Scratch } from '../variant.js';

/**
 * Winograd's fast convolution F(tile x tile, 3x3): a 3x3 convolution by square tiles of its output, each from a patch of (tile + 2)^2 pixels.
 * Patches, kernel and gradients are transformed into as many positions as a patch has pixels; in each, the sum over channels is a matrix product.
 * winograd_multiply*.wgsl serve any tile, winograd_multiply_rows*.wgsl that of F(4x4).
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", https://arxiv.org/abs/1509.09308
 */
export interface Winograd {
  readonly tile: number;
  readonly positions: number;
  /** What its transforms make of roundings in the mean: the squared product of the root mean squares of its three matrices' rows. */
  readonly amplification: number;
  /** Shaders that transform a kernel and the patches of an image. */
  readonly kernelShader: string;
  readonly inputShader: string;
}

/** 2.25 times fewer products than a direct convolution, and no more rounding. */
export const F2: Winograd = {
  tile: 2,
  positions: 16,
  amplification: 5.25,
  kernelShader: 'winograd2_kernel',
  inputShader: 'winograd2_input',
};

/**
 * 4 times fewer products. Its matrices are not Lavin and Gray's, but Cook and Toom's for the points 0, ±3/4, ±3/2 and infinity (bench/cook_toom.ts): with the usual ±1 and ±2 the largest error of a sum over
 * 100 channels is six times as large.
 */
export const F4: Winograd = {
  tile: 4,
  positions: 36,
  amplification: 45.33,
  kernelShader: 'winograd4_kernel',
  inputShader: 'winograd4_input',
};

/** Tiles of a batch of images: how many a column, a row and in all. */
export interface Tiles {
  readonly high: number;
  readonly wide: number;
  readonly count: number;
}

export function tilesOf({ tile }: Winograd, batch: number, height: number, width: number): Tiles {
  const [high, wide] = [Math.ceil(height / tile), Math.ceil(width / tile)];
  return { high, wide, count: batch * high * wide };
}

/**
 * How the matrix products are computed: 'tiles' brings both operands into workgroup memory; 'lanes' holds a large block in arrays that a good compiler turns
 * into registers, and passes weights round a whole subgroup; 'blocks' a small one in named values, for drivers that keep arrays in memory. Transforms
 * have four channels an invocation; those that go with 'tiles' have one, for more subgroups at a time.
 */
export type Product = 'tiles' | 'lanes' | 'blocks';

/** A transform's shader and its Params for a number of channels, which a shader of one channel an invocation has by their name. */
export const transformOf = (product: Product, shader: string, name: 'channels' | 'filters', count: number) =>
  widthOf(product) === 1 ? { shader: `${shader}.single`, params: { [name]: count } } : { shader, params: { quads: count / 4 } };

/** Channels of an invocation of a transform. */
export const widthOf = (product: Product): number => (product === 'tiles' ? 1 : 4);

const ALL_POSITIONS = 'It computes all positions of a transform.';

/** The launch of a transform whose invocations each have some channels of a patch or tile, written to `transformed` [positions, tiles, channels]. */
export function toPositions(tiles: Tiles, channels: number, product: Product): Launch {
  const size = tiles.count * channels;
  const width = widthOf(product);
  return inOrder(size / width, { transformed: element => Math.floor((element % size) / width) }, ALL_POSITIONS);
}

/** The launch of a transform back whose invocations each have `each` channels of a tile, written to the map `name` [batch, height, width, channels]. */
export function fromPositions(name: string, { tile }: Winograd, tiles: Tiles, { shape }: Tensor, each = 4): Launch {
  const [, height, width, channels] = shape as [number, number, number, number];
  const tileOf = (element: number): number => {
    const pixel = Math.floor(element / channels);
    const [n, y, x] = [Math.floor(pixel / (height * width)), Math.floor(pixel / width) % height, pixel % width];
    return (n * tiles.high + Math.floor(y / tile)) * tiles.wide + Math.floor(x / tile);
  };
  const numberOf = (element: number): number => (tileOf(element) * channels) / each + Math.floor((element % channels) / each);
  return inOrder(
    (tiles.count * channels) / each,
    { [name]: numberOf },
    `It adds up what the multiplications before made of a tile of ${tile} × ${tile}.`,
  );
}

/** The maps [batch, height, width, channels] of products [36, tiles, channels] of F(4x4, 3x3). */
export function output4(products: Tensor, output: Tensor, tiles: Tiles, product: Product): Dispatch {
  const [batch, height, width, channels] = output.shape as [number, number, number, number];
  const { shader, params } = transformOf(product, 'winograd4_output', 'channels', channels);
  return {
    shader,
    bindings: { products, output },
    params: { batch, height, width, ...params, tilesHigh: tiles.high, tilesWide: tiles.wide },
    ...fromPositions('output', F4, tiles, output, widthOf(product)),
  };
}

/** The kernel [3, 3, channels, filters] in its positions: [positions, channels, filters], or turned for the backward pass [positions, filters, channels]. */
export function transformKernel(
  { positions, kernelShader }: Winograd,
  a: Conv2d,
  kernel: Tensor,
  scratch: Scratch,
  { turned }: { readonly turned: boolean },
): { dispatch: Dispatch; transformed: Tensor } {
  const [reduced, kept] = turned ? [a.filters, a.channels] : [a.channels, a.filters];
  const transformed = scratch('kernel positions', { shape: [positions, reduced, kept] });
  const [reducedStride, keptStride] = turned ? [1, a.filters] : [a.filters, 1];
  const params = { reduced, kept, reducedStride, keptStride, turned: Number(turned) };
  return {
    transformed,
    dispatch: {
      shader: kernelShader,
      bindings: { kernel, transformed },
      params,
      ...inOrder(reduced * kept, { transformed: element => element % (reduced * kept) }, ALL_POSITIONS),
    },
  };
}

/** The patches of an image in their positions, the first beginning `padTop` rows above it and `padLeft` columns left of it. */
export function transformInput(
  { positions, inputShader }: Winograd,
  input: Tensor,
  tiles: Tiles,
  { padTop, padLeft }: { readonly padTop: number; readonly padLeft: number },
  scratch: Scratch,
  product: Product,
): { dispatch: Dispatch; transformed: Tensor } {
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  const transformed = scratch('patch positions', { shape: [positions, tiles.count, channels] });
  const { shader, params } = transformOf(product, inputShader, 'channels', channels);
  return {
    transformed,
    dispatch: {
      shader,
      bindings: { input, transformed },
      params: { batch, height, width, ...params, padTop, padLeft, tilesHigh: tiles.high, tilesWide: tiles.wide },
      prepares: true,
      ...toPositions(tiles, channels, product),
    },
  };
}
