import { shortName } from './ladder.js';
import type { ScaleRow } from './scale.js';

/** A line of bench/results/scale.jsonl. */
export interface ScaleResult {
  readonly adapter: string;
  readonly cpu: string;
  readonly commit: string;
  readonly date: string;
  readonly rows: readonly Pick<ScaleRow, 'axis' | 'batch' | 'timing' | 'parts'>[];
}

/** A batch that is nearly as fast, each picture, as the fastest: so much of the most pictures a second. */
const NEARLY = 0.9;

/** The part of docs/training.md on how large a batch should be: of the newest results of each adapter that have batches in them. */
export function batchesSection(results: readonly ScaleResult[]): string {
  const measured = results.map(({ rows, ...result }) => ({ ...result, rows: rows.filter(({ axis }) => axis === 'batch') }));
  const newest = [...new Map(measured.filter(({ rows }) => rows.length > 0).map(result => [shortName(result.adapter), result])).values()];
  if (newest.length === 0) return 'Nothing was measured yet: `npm run bench -- scale --only batch` does.';
  const sizes = [...new Set(newest.flatMap(({ rows }) => rows.map(({ batch }) => batch)))].sort((a, b) => a - b);
  const paces = newest.map(({ adapter, rows }) => ({
    adapter: shortName(adapter),
    perSecond: new Map(rows.map(({ batch, timing }) => [batch, (1000 * batch) / timing.median])),
  }));
  const advice = paces.map(({ adapter, perSecond }) => {
    const most = Math.max(...perSecond.values());
    const [smallest] = [...perSecond].find(([, pace]) => pace >= NEARLY * most)!;
    return `on ${adapter} a batch of ${smallest} or more`;
  });
  return [
    `Pictures a second that the face-mask network trains on: ${advice.join(', ')} has ${100 * NEARLY} % of the most.`,
    '',
    `| batch | ${paces.map(({ adapter }) => adapter).join(' | ')} |`,
    `|${'---|'.repeat(paces.length + 1)}`,
    ...sizes.map(batch => `| ${[batch, ...paces.map(({ perSecond }) => perSecond.get(batch)?.toPrecision(3) ?? '–')].join(' | ')} |`),
    '',
    ...newest.map(
      ({ adapter, cpu, commit, date }) => `- ${shortName(adapter)}: ${adapter}, ${cpu}, commit ${commit}, ${date.slice(0, 10)}`,
    ),
  ].join('\n');
}
