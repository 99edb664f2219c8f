import { type AdapterTraits, type Dispatch, MAX_WORKGROUPS, type Scratch, spread } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';
import type { Conv2d } from './conv2d.js';
import { cut } from './parts.js';

/**
 * Winograd's fast convolution F(tile x tile, 3x3): a 3x3 convolution by square tiles of its output, each from a patch of (tile + 2)^2 pixels.
 * Patches, kernel and gradients are transformed into as many positions as a patch has pixels; in each, the sum over channels is a matrix product.
 * Transforms are winograd<tile>_*.wgsl; winograd_multiply*.wgsl serve any tile, winograd_multiply_rows*.wgsl that of F(4x4).
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", https://arxiv.org/abs/1509.09308
 */
export interface Winograd {
  readonly tile: number;
  readonly positions: number;
}

/** 2.25 times fewer products than a direct convolution, and no more rounding. */
export const F2: Winograd = { tile: 2, positions: 16 };

/**
 * 4 times fewer products. The polynomials' points are 0, ±3/4, ±3/2 and infinity: with the usual ±1 and ±2 the largest error of a sum over
 * 100 channels is six times as large.
 */
export const F4: Winograd = { tile: 4, positions: 36 };

/**
 * What its transforms may round, relative to the largest value: measured up to 1.5e-6 on sums of some hundred products, against 1e-6 of a direct sum. Pooled,
 * F(4x4) takes numbers for equal that are a few times as far apart.
 */
const TOLERANCE = 1e-5;

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

/** Whether the convolution is one that it computes, on an adapter whose subgroups have one size. */
export function fits(form: Winograd, a: Conv2d, { subgroupSize, maxBindingBytes }: AdapterTraits): boolean {
  const isUnitStride = a.kernelHeight === 3 && a.kernelWidth === 3 && a.strideHeight === 1 && a.strideWidth === 1;
  const inFours = a.channels % 4 === 0 && a.filters % 4 === 0;
  const tiles = tilesOf(form, a.batch, a.height, a.width).count;
  const bytes = 4 * form.positions * tiles * Math.max(a.channels, a.filters);
  return subgroupSize >= 4 && isUnitStride && inFours && bytes <= maxBindingBytes && tiles / (ROW_GROUPS * subgroupSize) <= MAX_WORKGROUPS;
}

/**
 * How the matrix products are computed: 'lanes' holds a large block in arrays that a good compiler turns into registers, and passes weights
 * round a whole subgroup; 'blocks' a small one in named values, for drivers that keep arrays in memory.
 */
export type Product = 'lanes' | 'blocks';

/** What a variant with that product is called and said to be. */
export const named = (product: Product) =>
  ({ name: product === 'lanes' ? 'winograd' : 'winograd_blocks', isFallback: product === 'blocks', tolerance: TOLERANCE }) as const;

/** Rows of a lane, and fours of columns of a workgroup, in winograd_multiply and winograd_multiply_rows. */
const ROW_GROUPS = 4;
const QUADS = 5;

/** Rows and fours of columns of two invocations side by side, and invocations of a workgroup, in winograd_multiply_blocks. */
const BLOCK_ROWS = 8;
const BLOCK_QUADS = 2;
const WORKGROUP_SIZE = 32;

/** The kernel [3, 3, channels, filters] in its positions: [positions, channels, filters], or turned for the backward pass [positions, filters, channels]. */
export function transformKernel(
  { tile, positions }: Winograd,
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
    dispatch: { shader: `winograd${tile}_kernel`, bindings: { kernel, transformed }, params, workgroups: spread(reduced * kept) },
  };
}

/** The patches of an image in their positions, the first beginning `padTop` rows above it and `padLeft` columns left of it. */
export function transformInput(
  { tile, positions }: Winograd,
  input: Tensor,
  tiles: Tiles,
  { padTop, padLeft }: { readonly padTop: number; readonly padLeft: number },
  scratch: Scratch,
): { dispatch: Dispatch; transformed: Tensor } {
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  const transformed = scratch('patch positions', { shape: [positions, tiles.count, channels] });
  const quads = channels / 4;
  const params = { batch, height, width, quads, padTop, padLeft, tilesHigh: tiles.high, tilesWide: tiles.wide };
  return {
    transformed,
    dispatch: {
      shader: `winograd${tile}_input`,
      bindings: { input, transformed },
      params,
      workgroups: spread(tiles.count * quads),
      prepares: true,
    },
  };
}

/** products [positions, rows, kept] = patches [positions, rows, reduced] · kernel [positions, reduced, kept]. */
export function multiply(
  patches: Tensor,
  kernel: Tensor,
  scratch: Scratch,
  { subgroupSize }: AdapterTraits,
  product: Product,
): { dispatch: Dispatch; products: Tensor } {
  const [positions, rows, reduced] = patches.shape as [number, number, number];
  const kept = kernel.shape[2]!;
  const products = scratch('products', { shape: [positions, rows, kept] });
  const bindings = { patches, kernel, products };
  const params = { rows, reducedQuads: reduced / 4, keptQuads: kept / 4 };
  if (product === 'blocks') {
    // Blocks of the same rows come one after another: what they read is still in a cache.
    const workgroups = [Math.ceil(kept / 4 / BLOCK_QUADS), Math.ceil(rows / ((BLOCK_ROWS * WORKGROUP_SIZE) / 2)), positions] as const;
    return { products, dispatch: { shader: 'winograd_multiply_blocks', bindings, params, constants: { WORKGROUP_SIZE }, workgroups } };
  }
  const constants = { LANES: subgroupSize, ROW_GROUPS, QUADS };
  const workgroups = [Math.ceil(rows / (ROW_GROUPS * subgroupSize)), Math.ceil(kept / 4 / QUADS), positions] as const;
  return { products, dispatch: { shader: 'winograd_multiply', bindings, params, constants, workgroups } };
}

/**
 * A convolution up to its positions: input's patches, the first beginning `padTop` rows above it and `padLeft` columns left of it, times the
 * kernel, which is turned for the backward pass. The output's transform is the caller's.
 */
export function convolve(
  form: Winograd,
  a: Conv2d,
  {
    input,
    kernel,
    tiles,
    padTop,
    padLeft,
    turned,
  }: { input: Tensor; kernel: Tensor; tiles: Tiles; padTop: number; padLeft: number; turned: boolean },
  scratch: Scratch,
  adapter: AdapterTraits,
  product: Product,
): { dispatches: readonly Dispatch[]; products: Tensor } {
  const weights = transformKernel(form, a, kernel, scratch, { turned });
  const patches = transformInput(form, input, tiles, { padTop, padLeft }, scratch);
  const { dispatch, products } = multiply(patches.transformed, weights.transformed, scratch, adapter, product);
  return { dispatches: [weights.dispatch, patches.dispatch, dispatch], products };
}

/** dKernel [3, 3, channels, filters] of F(4x4, 3x3) from patches [36, rows, channels] and gradients [36, rows, filters]. */
export function multiplyRows(
  patches: Tensor,
  gradients: Tensor,
  dKernel: Tensor,
  scratch: Scratch,
  { subgroupSize }: AdapterTraits,
  product: Product,
): readonly Dispatch[] {
  const [, rows, channels] = patches.shape as [number, number, number];
  const filters = gradients.shape[2]!;
  const quads = product === 'blocks' ? 1 : QUADS;
  const groups = [Math.ceil(channels / 4 / subgroupSize), Math.ceil(filters / 4 / quads)] as const;
  const { count, length } = cut(rows, groups[0] * groups[1] * F4.positions);
  const parts = scratch('parts', { shape: [count, F4.positions, channels, filters] });
  const pairs = (channels * filters) / 4;
  return [
    {
      shader: product === 'blocks' ? 'winograd_multiply_rows_blocks' : 'winograd_multiply_rows',
      bindings: { patches, gradients, parts },
      params: { rows, rowsPerPart: length, channelQuads: channels / 4, filterQuads: filters / 4 },
      constants: product === 'blocks' ? { LANES: subgroupSize } : { LANES: subgroupSize, QUADS },
      workgroups: [...groups, F4.positions * count],
    },
    { shader: 'winograd4_kernel_gradient', bindings: { parts, dKernel }, params: { parts: count, pairs }, workgroups: spread(pairs) },
  ];
}
