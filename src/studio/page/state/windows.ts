import type { Inspection, Term, Terms } from '../../../inspect/types.js';
import { layerOf, weightOf } from './layout.js';

/** Terms of one channel, laid out as the window lies over the picture. */
export interface WindowGroup {
  /** 'channel 2', 'filter 7'. */
  readonly label: string;
  readonly height: number;
  readonly width: number;
  /** By row and column of the kernel; undefined where the sum has no such term. */
  readonly cells: readonly (Term | undefined)[];
  readonly sum: number;
}

/** Places of a window that are shown as it lies over the picture. */
const MOST_PLACES = 121;

interface Spot {
  readonly row: number;
  readonly column: number;
  readonly group: number;
  readonly label: string;
}

/** The place in a convolution's kernel that a term's right factor comes from. */
function kernelSpots(terms: readonly Term[], shape: readonly number[]): Spot[] {
  const [, width, channels, filters] = shape as [number, number, number, number];
  const spots = terms.map(({ rightAt }) => {
    const f = rightAt!.index % filters;
    const c = Math.floor(rightAt!.index / filters) % channels;
    const place = Math.floor(rightAt!.index / (filters * channels));
    return { row: Math.floor(place / width), column: place % width, c, f };
  });
  // Forward, the sum runs over channels; backward, over filters.
  const byChannel = spots.every(({ f }) => f === spots[0]!.f);
  return spots.map(({ row, column, c, f }) => ({
    row,
    column,
    group: byChannel ? c : f,
    label: byChannel ? `channel ${c}` : `filter ${f}`,
  }));
}

/** The terms of a convolution or a pooling by windows; undefined where they make none. */
export function windowGroups(inspection: Inspection, { terms, combine, place }: Terms): WindowGroup[] | undefined {
  const first = terms[0];
  const kernel = first?.rightAt && inspection.tensors[first.rightAt.tensor];
  let spots: Spot[];
  let [height, width] = [0, 0];
  if (kernel?.shape.length === 4 && weightOf(inspection, kernel.name)) {
    if (terms.some(({ rightAt }) => !rightAt)) return undefined;
    [height, width] = kernel.shape as [number, number];
    spots = kernelSpots(terms, kernel.shape);
  } else {
    const window = inspection.layers.find(({ index }) => place.tensor === `layer${index}/output`)?.window;
    if (combine === 'share' || !window || terms.length !== window.kernelHeight * window.kernelWidth) return undefined;
    // A window of one place, or of a whole picture, is better read as a list.
    if (terms.length === 1 || terms.length > MOST_PLACES) return undefined;
    [height, width] = [window.kernelHeight, window.kernelWidth];
    spots = terms.map((_, t) => ({ row: Math.floor(t / width), column: t % width, group: 0, label: 'window' }));
  }
  const groups = new Map<number, { label: string; cells: (Term | undefined)[]; sum: number }>();
  terms.forEach((term, t) => {
    const { row, column, group, label } = spots[t]!;
    let found = groups.get(group);
    if (!found) {
      found = { label, cells: Array.from({ length: height * width }, () => undefined), sum: 0 };
      groups.set(group, found);
    }
    found.cells[row * width + column] = term;
    found.sum += term.product;
  });
  return [...groups.values()].map(({ label, cells, sum }) => ({ label, height, width, cells, sum }));
}

/** Rows and columns of the output whose every place sends back a term to a convolution's weight; undefined for other numbers. */
export function sweepOf(inspection: Inspection, { place }: Terms): readonly [number, number] | undefined {
  const [of, end] = place.tensor.split(/\/(?=gradient$)/);
  if (!end || weightOf(inspection, of!)?.shape.length !== 4 || inspection.rows !== 1) return undefined;
  const { outputShape } = inspection.layers[layerOf(inspection, of!)]!;
  return [outputShape[0]!, outputShape[1]!];
}
