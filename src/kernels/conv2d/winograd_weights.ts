import type { Tensor } from '../../engine/tensor.js';
import { cell, evenly, inOrder, type Place } from '../launch.js';
import { cut } from '../parts.js';
import type { AdapterTraits, Dispatch, Scratch } from '../variant.js';
import { F4, type Product } from './winograd.js';
import { MOST_EIGHTS, MOST_QUADS, QUADS } from './winograd_product.js';

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

const NINE_TAPS = 'It computes the 9 taps of a channel for';
const OF_BIAS = 'It adds up what sums of the gradients in 16 positions tell of the sum before they were transformed.';

/** Positions of F(4x4, 3x3) whose gradients' sums tell that of a bias: see shaders/winograd4_kernel_gradient.single.wgsl. */
const BIAS_POSITIONS = 16;

/** The position of each. */
const biasPosition = (number: number): number => {
  const lineOf = (place: number): number => Math.max(0, 2 * place - 1);
  return 6 * lineOf(Math.floor(number / 4)) + lineOf(number % 4);
};

/** Gradients of a convolution's weights; where that of the bias is not wanted, it is left over. */
interface WeightGradients {
  readonly dKernel: Tensor;
  readonly dBias?: Tensor;
}

/** dKernel [3, 3, channels, filters], and by 'tiles' dBias [filters], of F(4x4, 3x3) from patches [36, rows, channels] and gradients [36, rows, filters]. */
export function multiplyRows(
  patches: Tensor,
  gradients: Tensor,
  { dKernel, dBias }: WeightGradients,
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
  const biasWriter = (element: number): Place => {
    const { part, row, column } = cell(element, BIAS_POSITIONS, filters);
    const group = [0, Math.floor(column / 4 / block.quads), part * F4.positions + biasPosition(row)] as const;
    const lane = (column % (4 * block.quads)) % block.size;
    return { group, lane, size: block.size, note: 'It adds up the gradients of a filter in this position.' };
  };
  const dispatch = {
    shader: block.shader,
    bindings: { patches, gradients, parts },
    params: { rows, rowsPerPart: length, channelQuads: channels / 4, filterQuads: filters / 4 },
    constants: block.constants,
    workgroups: [...groups, F4.positions * count] as const,
    writers: { parts: writer },
  };
  if (product !== 'tiles') return [dispatch, kernelGradient(parts, dKernel)];
  const biasParts = scratch('biasParts', { shape: [count, BIAS_POSITIONS, filters] });
  return [
    { ...dispatch, bindings: { ...dispatch.bindings, biasParts }, writers: { parts: writer, biasParts: biasWriter } },
    weightGradients(parts, biasParts, dKernel, dBias ?? scratch('dBias', { shape: [filters] })),
  ];
}

/** dKernel [3, 3, channels, filters] from parts [parts, 36, channels, filters], four filters an invocation. */
function kernelGradient(parts: Tensor, dKernel: Tensor): Dispatch {
  const [count, , channels, filters] = parts.shape as [number, number, number, number];
  const pairs = (channels * filters) / 4;
  return {
    shader: 'winograd4_kernel_gradient',
    bindings: { parts, dKernel },
    params: { parts: count, pairs },
    ...inOrder(pairs, { dKernel: element => Math.floor((element % (4 * pairs)) / 4) }, `${NINE_TAPS} four filters.`),
  };
}

/** The same, one filter an invocation, and dBias [filters] from biasParts [parts, 16, filters]. */
function weightGradients(parts: Tensor, biasParts: Tensor, dKernel: Tensor, dBias: Tensor): Dispatch {
  const [count, , channels, filters] = parts.shape as [number, number, number, number];
  const pairs = channels * filters;
  const { workgroups, writers } = inOrder(pairs + filters, { dKernel: element => element % pairs }, `${NINE_TAPS} one filter.`);
  const ofBias = inOrder(pairs + filters, { dBias: f => pairs + f }, OF_BIAS);
  return {
    shader: 'winograd4_kernel_gradient.single',
    bindings: { parts, biasParts, dKernel, dBias },
    params: { parts: count, pairs, filters },
    workgroups,
    writers: { ...writers, ...ofBias.writers },
  };
}
