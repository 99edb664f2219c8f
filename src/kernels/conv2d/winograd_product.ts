import type { Attrs } from '../../engine/op.js';
import type { Tensor } from '../../engine/tensor.js';
import type { Conv2d } from '../../ops/conv2d.js';
import { cell, evenly, MAX_WORKGROUPS, type Place } from '../launch.js';
import type { AdapterTraits, Dispatch, Scratch, Variant } from '../variant.js';
import { type Product, type Tiles, tilesOf, transformInput, transformKernel, type Winograd } from './winograd.js';

/** What a variant does that is computed with each product, and its rank: that of 'blocks', 'lanes' and 'tiles' are one and two above. */
interface Described extends Pick<Winograd, 'amplification'> {
  readonly rank: number;
  readonly does: string;
}

/** A variant for each product. */
export function withEachProduct<T extends string, A extends Attrs>(
  { rank, does, amplification }: Described,
  make: (product: Product) => Pick<Variant<T, A>, 'supports' | 'dispatches'>,
): readonly Variant<T, A>[] {
  const [blocks, lanes, tiles] = [make('blocks'), make('lanes'), make('tiles')];
  return [
    {
      ...blocks,
      name: 'winograd_blocks',
      madeFor: 'drivers that keep arrays in memory',
      rank,
      does: `${does}; products in variables with names and no arrays`,
      amplification,
    },
    {
      ...lanes,
      name: 'winograd',
      madeFor: 'drivers whose loads cost most',
      rank: rank + 1,
      does: 'the same, with products in registers, whose weights are passed round a subgroup',
      amplification,
    },
    {
      ...tiles,
      name: 'winograd_tiled',
      madeFor: 'GPUs',
      rank: rank + 2,
      does: 'the same, with both operands of the products in workgroup memory, and transforms of one channel an invocation',
      amplification,
    },
  ];
}

/** Rows of a lane, and fours of columns of a workgroup, in winograd_multiply; the latter in winograd_multiply_rows too. */
const ROW_GROUPS = 4;
export const QUADS = 5;

/** Rows and fours of columns of two invocations side by side, and invocations of a workgroup, in winograd_multiply_blocks. */
const BLOCK_ROWS = 8;
const BLOCK_QUADS = 2;
const WORKGROUP_SIZE = 32;

/**
 * Rows of a workgroup in winograd_multiply.tiled; the most fours of columns of one there and in winograd_multiply_rows.tiled, the most eights of channels in the
 * latter, and the invocations that these make: each has 8 by 4 numbers.
 */
const TILE_ROWS = 64;
export const MOST_QUADS = 32;
export const MOST_EIGHTS = 8;
const MOST_INVOCATIONS = MOST_EIGHTS * MOST_QUADS;

/** Whether the convolution is one that it computes, on an adapter that has what a product needs. */
export function fits(
  form: Winograd,
  a: Conv2d,
  { subgroupSize, maxInvocations, maxBindingBytes }: AdapterTraits,
  product: Product,
): boolean {
  const isUnitStride = a.kernelHeight === 3 && a.kernelWidth === 3 && a.strideHeight === 1 && a.strideWidth === 1;
  const isDilated = a.dilationHeight > 1 || a.dilationWidth > 1;
  const inFours = a.channels % 4 === 0 && a.filters % 4 === 0;
  const tiles = tilesOf(form, a.batch, a.height, a.width).count;
  const bytes = 4 * form.positions * tiles * Math.max(a.channels, a.filters);
  const isRunnable =
    product === 'tiles'
      ? maxInvocations >= MOST_INVOCATIONS && tiles / TILE_ROWS <= MAX_WORKGROUPS
      : subgroupSize >= 4 && tiles / (ROW_GROUPS * subgroupSize) <= MAX_WORKGROUPS;
  return isRunnable && isUnitStride && !isDilated && inFours && bytes <= maxBindingBytes;
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
  if (product === 'tiles') {
    const quads = evenly(kept / 4, MOST_QUADS);
    const writer = (element: number): Place => {
      const { part, row, column } = cell(element, rows, kept);
      const quad = Math.floor(column / 4);
      const group = [Math.floor(row / TILE_ROWS), Math.floor(quad / quads), part] as const;
      const lane = Math.floor((row % TILE_ROWS) / 8) * quads + (quad % quads);
      return { group, lane, size: (TILE_ROWS / 8) * quads, note: 'It computes 8 rows by 4 columns of the product.' };
    };
    const workgroups = [Math.ceil(rows / TILE_ROWS), Math.ceil(kept / 4 / quads), positions] as const;
    const constants = { ROWS: TILE_ROWS, QUADS: quads };
    return {
      products,
      dispatch: { shader: 'winograd_multiply.tiled', bindings, params, constants, workgroups, writers: { products: writer } },
    };
  }
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
  const patches = transformInput(form, input, tiles, { padTop, padLeft }, scratch, product);
  const { dispatch, products } = multiply(patches.transformed, weights.transformed, scratch, adapter, product);
  return { dispatches: [weights.dispatch, patches.dispatch, dispatch], products };
}
