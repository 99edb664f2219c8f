import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { type Launch, type Place, placeInOrder, spread } from './launch.js';
import type { Dispatch, Scratch } from './variant.js';

/** Workgroups that keep a large GPU busy, more where it waits at barriers too, and the shortest part of a sum that is worth its share of the final addition. */
const ENOUGH_WORKGROUPS = 256;
export const TILED_WORKGROUPS = 512;
const SHORTEST_PART = 512;

/** Cuts a sum of `length` terms into parts, where the outputs alone make too few workgroups (`groups`) to fill a device. */
export function cut(length: number, groups: number, enough = ENOUGH_WORKGROUPS): { readonly count: number; readonly length: number } {
  const wanted = Math.min(Math.ceil(enough / groups), Math.ceil(length / SHORTEST_PART));
  const partLength = Math.ceil(length / wanted);
  return { count: Math.ceil(length / partLength), length: partLength };
}

/** Invocations of a workgroup that sums columns, the most columns of one, and rows that each of its invocations is to sum, where there are enough. */
const INVOCATIONS = 256;
const MOST_COLUMNS = 32;
const ROWS_EACH = 32;

/** Parts of a sum of rows at most. */
const MOST_PARTS = 256;

/** Columns of a workgroup that adds up parts: the outputs are few, so that many invocations may share each. */
const FEW_COLUMNS = 16;

/** Sums of at most so many parts are not shared. */
const FEW_TERMS = 8;

/** The columns of a workgroup that sums them, and the invocations that share one. */
function sharing(columns: number, most = MOST_COLUMNS): { readonly COLUMNS: number; readonly SLICES: number } {
  const own = Math.min(most, 2 ** Math.ceil(Math.log2(columns)));
  return { COLUMNS: own, SLICES: INVOCATIONS / own };
}

const SHARED = 'The invocations of its column each sum a part; this one has the total.';

/** How invocations share `size` sums of `count` parts each, and who has each of them. */
function summing(count: number, size: number) {
  const constants = count <= FEW_TERMS ? { COLUMNS: 64, SLICES: 1 } : sharing(size, FEW_COLUMNS);
  const { COLUMNS, SLICES } = constants;
  const workgroups = spread(size, COLUMNS);
  const note = SLICES > 1 ? SHARED : '';
  const placeOf = (column: number): Place => ({ ...placeInOrder(column, workgroups, COLUMNS, note), size: COLUMNS * SLICES });
  return { constants, workgroups, placeOf };
}

/** Adds up parts [count, …] to output […]. */
export function sumParts(parts: Tensor, output: Tensor): Dispatch {
  const [count, size] = [parts.shape[0]!, sizeOf(output.shape)];
  const { placeOf, ...launch } = summing(count, size);
  return {
    shader: 'sum_parts',
    bindings: { parts, output },
    params: { count, size },
    addsUp: { output: 'parts' },
    writers: { output: placeOf },
    ...launch,
  };
}

/** Adds up parts [count, …] and as many others, [count, …] too, to an output […] each. */
export function sumTwoParts([parts, output]: readonly [Tensor, Tensor], [otherParts, other]: readonly [Tensor, Tensor]): Dispatch {
  const [count, size, otherSize] = [parts.shape[0]!, sizeOf(output.shape), sizeOf(other.shape)];
  const { placeOf, ...launch } = summing(count, size + otherSize);
  return {
    shader: 'sum_two_parts',
    bindings: { parts, otherParts, output, other },
    params: { count, size, otherSize },
    addsUp: { output: 'parts', other: 'otherParts' },
    writers: { output: placeOf, other: element => placeOf(size + element) },
    ...launch,
  };
}

/** How workgroups share the columns of many rows, and the rows in parts: few rows are one part. */
export function columnsInParts(columns: number, rows: number) {
  const constants = sharing(columns);
  const { COLUMNS, SLICES } = constants;
  const wanted = Math.min(MOST_PARTS, Math.ceil(rows / (ROWS_EACH * SLICES)));
  const length = Math.ceil(rows / wanted);
  const count = Math.ceil(rows / length);
  const placeOf = (element: number): Place => {
    const [part, column] = [Math.floor(element / columns), element % columns];
    return { group: [Math.floor(column / COLUMNS), part, 0], lane: column % COLUMNS, size: INVOCATIONS, note: SHARED };
  };
  /** Of workgroups that write a number for each column, in each part: of `parts` parts. */
  const launch = (parts: number, ...names: readonly string[]): Launch => ({
    workgroups: [Math.ceil(columns / COLUMNS), parts, 1],
    writers: Object.fromEntries(names.map(name => [name, placeOf])),
  });
  return { constants, length, count, launch };
}

/**
 * Sums the columns of `rows` rows to output [columns], by a shader that leaves parts [parts, columns] and takes the rows of each as `perPart` in its Params:
 * one part where the rows are few.
 */
export function sumColumns(
  { bindings, params, ...dispatch }: Pick<Dispatch, 'shader' | 'bindings' | 'params'>,
  { rows, perPart }: { readonly rows: number; readonly perPart: string },
  output: Tensor,
  scratch: Scratch,
): readonly Dispatch[] {
  const columns = sizeOf(output.shape);
  const { constants, length, count, launch } = columnsInParts(columns, rows);
  const parts = count > 1 ? scratch('sums', { shape: [count, columns] }) : output;
  const summed: Dispatch = {
    ...dispatch,
    bindings: { ...bindings, parts },
    params: { ...params, [perPart]: length },
    constants,
    ...launch(count, 'parts'),
  };
  return count > 1 ? [summed, sumParts(parts, output)] : [summed];
}

/** What to tell of an invocation that computes `what` of a part. */
export const partOf = (what: string): string =>
  `It computes one part of the sum for ${what}, as the same invocation of other workgroups along z does; sum_parts adds them up.`;
