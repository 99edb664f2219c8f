import type { Attrs } from '../../engine/op.js';
import type { Tensor } from '../../engine/tensor.js';
import type { Conv2d } from '../../ops/conv2d.js';
import { cell, evenly, inOrder, MAX_WORKGROUPS, type Place } from '../launch.js';
import { cut } from '../parts.js';
import type { AdapterTraits, Dispatch, Scratch, Variant } from '../variant.js';
import { F4, type Product, type Tiles, tilesOf, transformInput, transformKernel, type Winograd, widthOf } from './winograd.js';

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

/** Rows of a lane, and fours of columns of a workgroup, in winograd_multiply and winograd_multiply_rows. */
const ROW_GROUPS = 4;
const QUADS = 5;

/** Rows and fours of columns of two invocations side by side, and invocations of a workgroup, in winograd_multiply_blocks. */
const BLOCK_ROWS = 8;
const BLOCK_QUADS = 2;
const WORKGROUP_SIZE = 32;

/**
 * Rows of a workgroup in winograd_multiply.tiled; the most fours of columns of one there and in winograd_multiply_rows.tiled, the most eights of channels in the
 * latter, and the invocations that these make: each has 8 by 4 numbers.
 */
const TILE_ROWS = 64;
const MOST_QUADS = 32;
const MOST_EIGHTS = 8;
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

/** A block of the product over rows that a workgroup computes. */
interface RowsBlock {
  readonly shader: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Its channels, and fours of filters. */
  readonly channels: number;
  readonly quads: number;
  /** Its invocations, and the one that writes a number of the block. */
  readonly size: number;
  laneOf(channel: number, quad: number): number;
  /** What an invocation computes. */
  readonly what: string;
}

function rowsBlock(product: Product, channels: number, filters: number, { subgroupSize }: AdapterTraits): RowsBlock {
  if (product === 'tiles') {
    const [eights, quads] = [evenly(Math.ceil(channels / 8), MOST_EIGHTS), evenly(filters / 4, MOST_QUADS)];
    return {
      shader: 'winograd_multiply_rows.tiled',
      constants: { EIGHTS: eights, QUADS: quads },
      channels: 8 * eights,
      quads,
      size: eights * quads,
      laneOf: (channel, quad) => Math.floor(channel / 8) * quads + quad,
      what: '8 channels by 4 filters',
    };
  }
  const quads = product === 'blocks' ? 1 : QUADS;
  return {
    shader: product === 'blocks' ? 'winograd_multiply_rows_blocks' : 'winograd_multiply_rows',
    constants: product === 'blocks' ? { LANES: subgroupSize } : { LANES: subgroupSize, QUADS },
    channels: 4 * subgroupSize,
    quads,
    size: subgroupSize,
    laneOf: channel => Math.floor(channel / 4),
    what: `4 channels by ${4 * quads} filters`,
  };
}

/** dKernel [3, 3, channels, filters] of F(4x4, 3x3) from patches [36, rows, channels] and gradients [36, rows, filters]. */
export function multiplyRows(
  patches: Tensor,
  gradients: Tensor,
  dKernel: Tensor,
  scratch: Scratch,
  adapter: AdapterTraits,
  product: Product,
): readonly Dispatch[] {
  const [, rows, channels] = patches.shape as [number, number, number];
  const filters = gradients.shape[2]!;
  const block = rowsBlock(product, channels, filters, adapter);
  const groups = [Math.ceil(channels / block.channels), Math.ceil(filters / 4 / block.quads)] as const;
  const { count, length } = cut(rows, groups[0] * groups[1] * F4.positions);
  const parts = scratch('parts', { shape: [count, F4.positions, channels, filters] });
  const writer = (element: number): Place => {
    const { part, row, column } = cell(element, channels, filters);
    const quad = Math.floor(column / 4);
    const group = [Math.floor(row / block.channels), Math.floor(quad / block.quads), part] as const;
    const lane = block.laneOf(row % block.channels, quad % block.quads);
    return { group, lane, size: block.size, note: `It computes ${block.what} of one part of the sum.` };
  };
  return [
    {
      shader: block.shader,
      bindings: { patches, gradients, parts },
      params: { rows, rowsPerPart: length, channelQuads: channels / 4, filterQuads: filters / 4 },
      constants: block.constants,
      workgroups: [...groups, F4.positions * count],
      writers: { parts: writer },
    },
    kernelGradient(parts, dKernel, product),
  ];
}

/** dKernel [3, 3, channels, filters] from parts [parts, 36, channels, filters]. */
function kernelGradient(parts: Tensor, dKernel: Tensor, product: Product): Dispatch {
  const [count, , channels, filters] = parts.shape as [number, number, number, number];
  const width = widthOf(product);
  const pairs = (channels * filters) / width;
  return {
    shader: width === 1 ? 'winograd4_kernel_gradient.single' : 'winograd4_kernel_gradient',
    bindings: { parts, dKernel },
    params: { parts: count, pairs },
    ...inOrder(
      pairs,
      { dKernel: element => Math.floor((element % (width * pairs)) / width) },
      `It computes the 9 taps of a channel for ${width === 1 ? 'one filter' : 'four filters'}.`,
    ),
  };
}
