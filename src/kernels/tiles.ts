import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { cell, evenly, type Launch, MAX_WORKGROUPS, type Place, type Writer } from './launch.js';
import type { AdapterTraits } from './variant.js';

/** How a workgroup of a tiled shader computes its part of a matrix product. */
export interface Tiling {
  /** The shader's: rows, and columns in fours, of a workgroup. */
  readonly constants: { readonly ROWS: number; readonly QUADS: number };
  /** Rows of an invocation; it has four columns. */
  readonly each: 4 | 8;
  /** Workgroups for all rows, and for all columns. */
  readonly groups: readonly [number, number];
}

/** Invocations of a workgroup at most, rows where columns are many, and where they are few. */
const MOST_INVOCATIONS = 256;
const MOST_ROWS = 64;
const MOST_ROWS_OF_FEW = 128;
const FEW_QUADS = 8;
const MOST_QUADS = 28;

/** A product of `rows` by `columns`, whose columns are divided evenly, by eights where they are `inEights`. */
export function tilingOf(rows: number, columns: number, each: 4 | 8, inEights = false): Tiling {
  const width = inEights ? 2 : 1;
  const quads = width * evenly(Math.ceil(columns / 4 / width), MOST_QUADS / width);
  const most = quads < FEW_QUADS ? MOST_ROWS_OF_FEW : MOST_ROWS;
  const high = Math.min(Math.floor(MOST_INVOCATIONS / quads), most / each);
  const ROWS = each * evenly(Math.ceil(rows / each), high);
  return { constants: { ROWS, QUADS: quads }, each, groups: [Math.ceil(rows / ROWS), Math.ceil(columns / 4 / quads)] };
}

/** Whether an adapter runs workgroups as large, and as many. */
export const fitsTiled = ({ groups: [high, wide] }: Tiling, { maxInvocations }: AdapterTraits): boolean =>
  maxInvocations >= MOST_INVOCATIONS && high <= MAX_WORKGROUPS && wide <= MAX_WORKGROUPS;

/** Places of a matrix that a tile of 64 x 64 has. */
const TILE = 64;

const tiles = (length: number): number => Math.ceil(length / TILE);

/** Whether a product fills less than a quarter of its tiles, as that of a picture's three channels does: the naive kernels are faster then. */
export const wastesTiles = (rows: number, columns: number): boolean => 4 * rows * columns < tiles(rows) * tiles(columns) * TILE ** 2;

/** Finds the invocation that has a row, and a column, of the product. */
function placeOf({ constants: { ROWS, QUADS }, each }: Tiling, row: number, column: number, part: number, note: string): Place {
  const quad = Math.floor(column / 4);
  return {
    group: [Math.floor(row / ROWS), Math.floor(quad / QUADS), part],
    lane: Math.floor((row % ROWS) / each) * QUADS + (quad % QUADS),
    size: (ROWS / each) * QUADS,
    note,
  };
}

/** The launch of a product of `rows` by `columns` that is written to the tensor `name`, in `parts` parts. */
export function tiled(tiling: Tiling, name: string, rows: number, columns: number, what: string, parts = 1): Launch {
  return {
    workgroups: [...tiling.groups, parts],
    writers: {
      [name]: element => {
        const { part, row, column } = cell(element, rows, columns);
        return placeOf(tiling, row, column, part, `It computes ${tiling.each} × 4 numbers, ${what}.`);
      },
    },
  };
}

/**
 * Who writes the sums [parts, columns] of the columns of a product's right operand, besides the product of `rows` by `columns`: whoever would have a row of it after
 * the last, or where all tiles are full, invocations beside each other of the first ones, for one column each or several.
 */
export function columnSums(tiling: Tiling, rows: number, columns: number): Writer {
  const { ROWS, QUADS } = tiling.constants;
  const [width, size] = [4 * QUADS, (ROWS / tiling.each) * QUADS];
  const note = 'It adds up the gradients of one part of the sum; sum_two_parts adds the parts up.';
  return element => {
    const [part, column] = [Math.floor(element / columns), element % columns];
    if (rows % ROWS > 0) return placeOf(tiling, rows, column, part, note);
    return { group: [0, Math.floor(column / width), part], lane: (column % width) % size, size, note };
  };
}

/** The launch of a product whose rows are the four places of pooling windows: `output` [windows, filters] and `codes` [windows, words] are written. */
export function tiledWindows(tiling: Tiling, output: Tensor, codes: Tensor): Launch {
  const [filters, words] = [output.shape.at(-1)!, codes.shape.at(-1)!];
  const windows = sizeOf(output.shape) / filters;
  const { ROWS, QUADS } = tiling.constants;
  // Those of a workgroup's invocations that write codes have a word of 8 filters each.
  const [groupWindows, groupWords] = [ROWS / 4, QUADS / 2];
  return {
    workgroups: [...tiling.groups, 1],
    writers: {
      output: element => {
        const { row, column } = cell(element, windows, filters);
        return placeOf(tiling, 4 * row, column, 0, 'It computes the four places of one window for four filters.');
      },
      codes: element => {
        const { row, column } = cell(element, windows, words);
        const lane = (row % groupWindows) * groupWords + (column % groupWords);
        const group = [Math.floor(row / groupWindows), Math.floor(column / groupWords), 0] as const;
        return { group, lane, size: groupWindows * QUADS, note: 'It packs what eight filters of its workgroup found.' };
      },
    },
  };
}
