/** A number for each dimension: x, y, z. */
export type Triple = readonly [number, number, number];

/** WebGPU's limit for a dimension of a dispatch. */
export const MAX_WORKGROUPS = 65535;

/** The invocation that writes a number: where it stands among all of its dispatch. Workgroups lie along x. */
export interface Place {
  /** workgroup_id. */
  readonly group: Triple;
  /** local_invocation_index, or subgroup_invocation_id where a workgroup is one subgroup. */
  readonly lane: number;
  /** Invocations of a workgroup. */
  readonly size: number;
  /** What else it, or others for the same number, compute: a sentence for people, or nothing. */
  readonly note: string;
}

/** global_invocation_id. */
export const globalId = ({ group: [x, y, z], lane, size }: Place): Triple => [x * size + lane, y, z];

/** Says which invocation writes an element of a tensor. */
export type Writer = (element: number) => Place;

/**
 * How many workgroups a dispatch starts, and which of their invocations write what it writes, by the names of its bindings. What any of them may write has no
 * writer.
 */
export interface Launch {
  readonly workgroups: Triple;
  readonly writers: Readonly<Record<string, Writer>>;
}

/** For each tensor that is written, a number that an element of it leads to: of an invocation, or of a workgroup. */
type Numbering = Readonly<Record<string, (element: number) => number>>;

const mapWriters = (numbers: Numbering, placeOf: (number: number) => Place): Launch['writers'] =>
  Object.fromEntries(Object.entries(numbers).map(([name, numberOf]) => [name, element => placeOf(numberOf(element))]));

/** Invocations of a workgroup, where a shader says nothing else. */
const WORKGROUP_SIZE = 64;

/**
 * Workgroups for `invocations` in a row, spread over x and y where they exceed WebGPU's 65,535 a dimension.
 * The shader counts with `id.y * groups.x * WORKGROUP_SIZE + id.x` and must guard the end.
 */
export function spread(invocations: number, size = WORKGROUP_SIZE): Triple {
  const groups = Math.ceil(invocations / size);
  const rows = Math.ceil(groups / MAX_WORKGROUPS);
  return [Math.ceil(groups / rows), rows, 1];
}

/** The invocation with a number among those of spread(). */
export function placeInOrder(number: number, [width]: Triple, size = WORKGROUP_SIZE, note = ''): Place {
  const group = Math.floor(number / size);
  return { group: [group % width, Math.floor(group / width), 0], lane: number % size, size, note };
}

/** Invocations in a row, of which `numbers` says which writes an element. */
export function inOrder(invocations: number, numbers: Numbering, note = '', size = WORKGROUP_SIZE): Launch {
  const workgroups = spread(invocations, size);
  return { workgroups, writers: mapWriters(numbers, number => placeInOrder(number, workgroups, size, note)) };
}

/** An invocation for each element of the tensors. */
export function eachElement(elements: number, ...tensors: readonly string[]): Launch {
  return inOrder(elements, Object.fromEntries(tensors.map(name => [name, (element: number) => element])));
}

const FOR_ALL = 'The invocations of its workgroup each sum a part; this one has the total.';

/** Workgroups in a row, the invocations of each of which sum up together; `numbers` says which workgroup writes an element. */
export function workgroupEach(groups: number, numbers: Numbering): Launch {
  const workgroups = [Math.min(groups, MAX_WORKGROUPS), Math.ceil(groups / MAX_WORKGROUPS), 1] as const;
  const placeOf = (number: number): Place => ({
    group: [number % workgroups[0], Math.floor(number / workgroups[0]), 0],
    lane: 0,
    size: WORKGROUP_SIZE,
    note: FOR_ALL,
  });
  return { workgroups, writers: mapWriters(numbers, placeOf) };
}

/** One workgroup that sums up. */
export const oneWorkgroup = (...tensors: readonly string[]): Launch =>
  workgroupEach(1, Object.fromEntries(tensors.map(name => [name, () => 0])));

/** Row and column of an element of a matrix, or of the part that it is in where there are several matrices. */
export function cell(
  element: number,
  rows: number,
  columns: number,
): { readonly part: number; readonly row: number; readonly column: number } {
  const row = Math.floor(element / columns);
  return { part: Math.floor(row / rows), row: row % rows, column: element % columns };
}

/** Divides a length into as few parts as none is longer than `most`, as even as can be: their length. */
export const evenly = (length: number, most: number): number => Math.ceil(length / Math.ceil(length / most));
