import { sizeOf } from '../../engine/shape.js';
import type { Tensor } from '../../engine/tensor.js';
import { cell, type Launch, MAX_WORKGROUPS, type Place, type Triple } from '../launch.js';
import type { AdapterTraits } from '../variant.js';

/** Rows and columns of a workgroup's part of a matrix product, in the tiled shaders. */
const TILE = 64;

/** Invocations of such a workgroup: each has 4 rows by 4 columns. */
const WORKGROUP_SIZE = 256;

const tiles = (length: number): number => Math.ceil(length / TILE);

/** Whether an adapter runs workgroups as large, and as many as the rows of the product need. */
export const fitsTiled = (rows: number, { maxInvocations }: AdapterTraits): boolean =>
  maxInvocations >= WORKGROUP_SIZE && tiles(rows) <= MAX_WORKGROUPS;

/** Whether a product fills less than a quarter of its tiles, as that of a picture's three channels does: the naive kernels are faster then. */
export const wastesTiles = (rows: number, columns: number): boolean => 4 * rows * columns < tiles(rows) * tiles(columns) * TILE ** 2;

/** The workgroups of a product of `rows` by `columns` in `parts` parts. */
export const tilesOf = (rows: number, columns: number, parts = 1): Triple => [tiles(rows), tiles(columns), parts];

/** An invocation in such a workgroup: `row` and `column` are those of its first number among the invocations of all. */
const placeAt = (group: Triple, row: number, column: number, note: string): Place => ({
  group,
  lane: row * 16 + column,
  size: WORKGROUP_SIZE,
  note,
});

/** The launch of a product of `rows` by `columns` that is written to the tensor `name`, in `parts` parts. */
export function tiled(name: string, rows: number, columns: number, what: string, parts = 1): Launch {
  return {
    workgroups: tilesOf(rows, columns, parts),
    writers: {
      [name]: element => {
        const { part, row, column } = cell(element, rows, columns);
        const group = [Math.floor(row / TILE), Math.floor(column / TILE), part] as const;
        return placeAt(group, Math.floor((row % TILE) / 4), Math.floor((column % TILE) / 4), `It computes 4 × 4 numbers, ${what}.`);
      },
    },
  };
}

/** The launch of a product whose rows are the four places of pooling windows: `output` [windows, filters] and `codes` [windows, words] are written. */
export function tiledWindows(output: Tensor, codes: Tensor): Launch {
  const [filters, words] = [output.shape.at(-1)!, codes.shape.at(-1)!];
  const windows = sizeOf(output.shape) / filters;
  // A workgroup has 16 windows; those of its invocations that write codes have a word of 8 filters each.
  const [groupWindows, groupWords] = [TILE / 4, TILE / 8];
  return {
    workgroups: tilesOf(4 * windows, filters),
    writers: {
      output: element => {
        const { row, column } = cell(element, windows, filters);
        const group = [Math.floor(row / groupWindows), Math.floor(column / TILE), 0] as const;
        const note = 'It computes the four places of one window for four filters.';
        return placeAt(group, row % groupWindows, Math.floor((column % TILE) / 4), note);
      },
      codes: element => {
        const { row, column } = cell(element, windows, words);
        const lane = (row % groupWindows) * groupWords + (column % groupWords);
        const group = [Math.floor(row / groupWindows), Math.floor(column / groupWords), 0] as const;
        return { group, lane, size: WORKGROUP_SIZE, note: 'It packs what eight filters of its workgroup found.' };
      },
    },
  };
}
