import type { NormsPoint, ParameterNorms } from '../../protocol.js';

/** Rows and columns of the drawing: values up, steps across. */
export const [ROWS, COLUMNS] = [64, 240];

export interface WeightHistory {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly first: number;
  readonly last: number;
  /** Share of the weights in each of ROWS parts of the values, for each of COLUMNS parts of the steps; [column][row], the least value first. */
  readonly shares: readonly Float64Array[];
}

type Measured = { readonly step: number; readonly histogram: NonNullable<ParameterNorms['histogram']> };

/** Spreads a histogram of its own range over rows of a common one. */
function spread({ low, high, counts }: Measured['histogram'], from: number, to: number): Float64Array {
  const rows = new Float64Array(ROWS);
  const total = counts.reduce((sum, each) => sum + each, 0) || 1;
  const scale = ROWS / (to - from || 1);
  const width = (high - low) / counts.length;
  counts.forEach((each, i) => {
    const [begin, end] = [(low + i * width - from) * scale, (low + (i + 1) * width - from) * scale];
    const inside = (row: number): number => Math.max(0, Math.min(ROWS - 1, Math.floor(row)));
    const [first, last] = [inside(begin), inside(end)];
    for (let row = first; row <= last; row++) {
      const part = end > begin ? Math.max(0, Math.min(end, row + 1) - Math.max(begin, row)) / (end - begin) : 1 / (last - first + 1);
      rows[row]! += (each / total) * part;
    }
  });
  return rows;
}

/** The histograms of each parameter over the steps at which they were measured. */
export function weightHistories(points: readonly NormsPoint[]): readonly WeightHistory[] {
  const names = points.at(-1)?.parameters.map(({ name }) => name) ?? [];
  return names.flatMap((name, p) => {
    const measured = points.flatMap(({ step, parameters }): Measured[] => {
      const histogram = parameters[p]?.histogram;
      return histogram ? [{ step, histogram }] : [];
    });
    if (measured.length === 0) return [];
    const low = Math.min(...measured.map(({ histogram }) => histogram.low));
    const high = Math.max(...measured.map(({ histogram }) => histogram.high));
    const [first, last] = [measured[0]!.step, measured.at(-1)!.step];
    let at = 0;
    const shares = Array.from({ length: COLUMNS }, (_, column) => {
      const step = first + ((last - first) * column) / (COLUMNS - 1);
      while (at + 1 < measured.length && measured[at + 1]!.step <= step) at++;
      return measured[at]!.histogram;
    });
    const spreads = new Map<Measured['histogram'], Float64Array>();
    for (const each of new Set(shares)) spreads.set(each, spread(each, low, high));
    return [{ name, low, high, first, last, shares: shares.map(each => spreads.get(each)!) }];
  });
}
