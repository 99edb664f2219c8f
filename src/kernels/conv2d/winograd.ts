import type { Attrs } from '../../engine/op.js';
import type { Tensor } from '../../engine/tensor.js';
import type { Conv2d } from '../../ops/conv2d.js';
import { cell, inOrder, type Launch, MAX_WORKGROUPS, type Place } from '../launch.js';
import { cut } from '../parts.js';
import type { AdapterTraits, Dispatch, Scratch, Variant } from '../variant.js';

/**
 * Winograd's fast convolution F(tile x tile, 3x3): a 3x3 convolution by square tiles of its output, each from a patch of (tile + 2)^2 pixels.
 * Patches, kernel and gradients are transformed into as many positions as a patch has pixels; in each, the sum over channels is a matrix product.
 * winograd_multiply*.wgsl serve any tile, winograd_multiply_rows*.wgsl that of F(4x4).
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", https://arxiv.org/abs/1509.09308
 */
export interface Winograd {
  readonly tile: number;
  readonly positions: number;
  /** Shaders that transform a kernel and the patches of an image. */
  readonly kernelShader: string;
  readonly inputShader: string;
}

/** 2.25 times fewer products than a direct convolution, and no more rounding. */
export const F2: Winograd = { tile: 2, positions: 16, kernelShader: 'winograd2_kernel', inputShader: 'winograd2_input' };

/**
 * 4 times fewer products. Its matrices are not Lavin and Gray's, but Cook and Toom's for the points 0, ±3/4, ±3/2 and infinity (bench/cook_toom.ts): with the usual ±1 and ±2 the largest error of a sum over
 * 100 channels is six times as large.
 */
export const F4: Winograd = { tile: 4, positions: 36, kernelShader: 'winograd4_kernel', inputShader: 'winograd4_input' };

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
  const isDilated = a.dilationHeight > 1 || a.dilationWidth > 1;
  const inFours = a.channels % 4 === 0 && a.filters % 4 === 0;
  const tiles = tilesOf(form, a.batch, a.height, a.width).count;
  const bytes = 4 * form.positions * tiles * Math.max(a.channels, a.filters);
  return (
    subgroupSize >= 4 &&
    isUnitStride &&
    !isDilated &&
    inFours &&
    bytes <= maxBindingBytes &&
    tiles / (ROW_GROUPS * subgroupSize) <= MAX_WORKGROUPS
  );
}

/**
 * How the matrix products are computed: 'lanes' holds a large block in arrays that a good compiler turns into registers, and passes weights
 * round a whole subgroup; 'blocks' a small one in named values, for drivers that keep arrays in memory.
 */
export type Product = 'lanes' | 'blocks';

/** What a variant does that is computed with each product, and its rank: that of 'blocks', 'lanes' is one above. */
interface Described {
  readonly rank: number;
  readonly does: string;
}

/** A variant for each product. */
export function withEachProduct<T extends string, A extends Attrs>(
  { rank, does }: Described,
  make: (product: Product) => Pick<Variant<T, A>, 'supports' | 'dispatches'>,
): readonly [Variant<T, A>, Variant<T, A>] {
  const [blocks, lanes] = [make('blocks'), make('lanes')];
  return [
    {
      ...blocks,
      name: 'winograd_blocks',
      madeFor: 'drivers that keep arrays in memory',
      rank,
      does: `${does}; products in variables with names and no arrays`,
      tolerance: TOLERANCE,
    },
    {
      ...lanes,
      name: 'winograd',
      madeFor: 'drivers whose loads cost most',
      rank: rank + 1,
      does: 'the same, with products in registers, whose weights are passed round a subgroup',
      tolerance: TOLERANCE,
    },
  ];
}

/** Rows of a lane, and fours of columns of a workgroup, in winograd_multiply and winograd_multiply_rows. */
const ROW_GROUPS = 4;
const QUADS = 5;

/** Rows and fours of columns of two invocations side by side, and invocations of a workgroup, in winograd_multiply_blocks. */
const BLOCK_ROWS = 8;
const BLOCK_QUADS = 2;
const WORKGROUP_SIZE = 32;

const ALL_POSITIONS = 'It computes all positions of a transform.';

/** The launch of a transform whose invocations each have four channels of a patch or tile, written to `transformed` [positions, tiles, channels]. */
export function toPositions(tiles: Tiles, channels: number): Launch {
  const size = tiles.count * channels;
  return inOrder(size / 4, { transformed: element => Math.floor((element % size) / 4) }, ALL_POSITIONS);
}

/** The launch of a transform back whose invocations each have four channels of a tile, written to the map `name` [batch, height, width, channels]. */
export function fromPositions(name: string, { tile }: Winograd, tiles: Tiles, { shape }: Tensor): Launch {
  const [, height, width, channels] = shape as [number, number, number, number];
  const tileOf = (element: number): number => {
    const pixel = Math.floor(element / channels);
    const [n, y, x] = [Math.floor(pixel / (height * width)), Math.floor(pixel / width) % height, pixel % width];
    return (n * tiles.high + Math.floor(y / tile)) * tiles.wide + Math.floor(x / tile);
  };
  const numberOf = (element: number): number => (tileOf(element) * channels) / 4 + Math.floor((element % channels) / 4);
  return inOrder(
    (tiles.count * channels) / 4,
    { [name]: numberOf },
    `It adds up what the multiplications before made of a tile of ${tile} × ${tile}.`,
  );
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
): { dispatch: Dispatch; transformed: Tensor } {
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  const transformed = scratch('patch positions', { shape: [positions, tiles.count, channels] });
  const params = { batch, height, width, quads: channels / 4, padTop, padLeft, tilesHigh: tiles.high, tilesWide: tiles.wide };
  return {
    transformed,
    dispatch: {
      shader: inputShader,
      bindings: { input, transformed },
      params,
      prepares: true,
      ...toPositions(tiles, channels),
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
    const groupRows = (BLOCK_ROWS * WORKGROUP_SIZE) / 2;
    const workgroups = [Math.ceil(kept / 4 / BLOCK_QUADS), Math.ceil(rows / groupRows), positions] as const;
    const writer = (element: number): Place => {
      const { part, row, column } = cell(element, rows, kept);
      const quad = Math.floor(column / 4);
      const group = [Math.floor(quad / BLOCK_QUADS), Math.floor(row / groupRows), part] as const;
      const lane = Math.floor((row % groupRows) / BLOCK_ROWS) * BLOCK_QUADS + (quad % BLOCK_QUADS);
      return { group, lane, size: WORKGROUP_SIZE, note: 'It computes 8 rows by 4 columns of the product.' };
    };
    const constants = { WORKGROUP_SIZE };
    return {
      products,
      dispatch: { shader: 'winograd_multiply_blocks', bindings, params, constants, workgroups, writers: { products: writer } },
    };
  }
  const constants = { LANES: subgroupSize, ROW_GROUPS, QUADS };
  const workgroups = [Math.ceil(rows / (ROW_GROUPS * subgroupSize)), Math.ceil(kept / 4 / QUADS), positions] as const;
  const writer = (element: number): Place => {
    const { part, row, column } = cell(element, rows, kept);
    const group = [Math.floor(row / (ROW_GROUPS * subgroupSize)), Math.floor(column / 4 / QUADS), part] as const;
    const note = `It computes ${ROW_GROUPS} rows by ${4 * QUADS} columns of the product.`;
    return { group, lane: row % subgroupSize, size: subgroupSize, note };
  };
  return { products, dispatch: { shader: 'winograd_multiply', bindings, params, constants, workgroups, writers: { products: writer } } };
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
  const writer = (element: number): Place => {
    const { part, row, column } = cell(element, channels, filters);
    const quad = Math.floor(row / 4);
    const group = [Math.floor(quad / subgroupSize), Math.floor(column / 4 / quads), part] as const;
    return {
      group,
      lane: quad % subgroupSize,
      size: subgroupSize,
      note: `It computes 4 channels by ${4 * quads} filters of one part of the sum.`,
    };
  };
  return [
    {
      shader: product === 'blocks' ? 'winograd_multiply_rows_blocks' : 'winograd_multiply_rows',
      bindings: { patches, gradients, parts },
      params: { rows, rowsPerPart: length, channelQuads: channels / 4, filterQuads: filters / 4 },
      constants: product === 'blocks' ? { LANES: subgroupSize } : { LANES: subgroupSize, QUADS },
      workgroups: [...groups, F4.positions * count],
      writers: { parts: writer },
    },
    {
      shader: 'winograd4_kernel_gradient',
      bindings: { parts, dKernel },
      params: { parts: count, pairs },
      ...inOrder(
        pairs,
        { dKernel: element => Math.floor((element % (4 * pairs)) / 4) },
        'It computes the 9 taps of a channel for four filters.',
      ),
    },
  ];
}
