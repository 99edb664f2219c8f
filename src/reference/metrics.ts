import type { Floats } from './values.js';

type Rows = { batch: number; units: number; firstRow: number; rows: number };
type Counted = Record<'output' | 'labels' | 'counts', Floats>;

/** How many rows of this part of the batch are valid. */
const validRows = ({ batch, firstRow, rows }: Rows): number => Math.max(0, Math.min(rows - firstRow, batch));

/** How many valid rows have fewer than k outputs above the one where their largest label is. */
export function topKAccuracy(
  { output, labels, correct }: Record<'output' | 'labels' | 'correct', Floats>,
  { k, ...rows }: Rows & { k: number },
): void {
  let count = 0;
  for (let n = 0; n < validRows(rows); n++) {
    const [outputs, wanted] = [output, labels].map(of => of.subarray(n * rows.units, (n + 1) * rows.units)) as [Floats, Floats];
    const best = outputs[wanted.indexOf(Math.max(...wanted))]!;
    if (outputs.filter(value => value > best).length < k) count++;
  }
  correct[0] = count;
}

/** Of the numbers of the valid rows: [above the threshold where the label is not 0, above it where the label is 0, not above it where the label is not 0]. */
export function confusion({ output, labels, counts }: Counted, { threshold, ...rows }: Rows & { threshold: number }): void {
  counts.fill(0);
  for (let i = 0; i < validRows(rows) * rows.units; i++) {
    if (output[i]! > Math.fround(threshold)) counts[labels[i] === 0 ? 1 : 0]! += 1;
    else if (labels[i] !== 0) counts[2]! += 1;
  }
}

/** How many numbers of the valid rows lie in each bucket: see shaders/score_histogram.wgsl. */
export function scoreHistogram({ output, labels, counts }: Counted, { buckets, ...rows }: Rows & { buckets: number }): void {
  counts.fill(0);
  for (let i = 0; i < validRows(rows) * rows.units; i++) {
    const score = Math.fround(Math.min(Math.max(output[i]!, 0), 1) * (buckets - 1));
    counts[Math.max(Math.ceil(score) - 1, 0) + (labels[i] === 0 ? buckets : 0)]! += 1;
  }
}

/** history[slot, offset …] = counts */
export function note(
  { counts, history }: Record<'counts' | 'history', Floats>,
  { slot, width, offset }: { slot: number; width: number; offset: number },
): void {
  history.set(counts, slot * width + offset);
}
