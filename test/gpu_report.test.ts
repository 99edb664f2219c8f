import { expect, test } from 'vitest';
import { type OpenGpu, type ReportEvent, type ReportOptions, reportGpu, timeGpu } from '../src/bench/report.js';
import { openAdapter } from '../src/node/adapter.js';
import { losing } from './helpers/lose_devices.mjs';

const SIZE = { imageSize: [14, 14], batch: 2, samples: 2 } as const;

const adapter = process.env.WGRAD_ADAPTER;

/** An adapter whose own clock is not used, as in a browser. */
const open: OpenGpu = async options => (await openAdapter({ adapter, coarseClock: true, onNotice: () => {}, ...options })).executor;

async function report(make: typeof reportGpu, options: ReportOptions, onEvent?: (event: ReportEvent) => void): Promise<ReportEvent[]> {
  const events: ReportEvent[] = [];
  await make(open, options, event => {
    events.push(event);
    onEvent?.(event);
  });
  return events;
}

const of = <T extends ReportEvent['type']>(events: readonly ReportEvent[], type: T): Extract<ReportEvent, { type: T }>[] =>
  events.filter((event): event is Extract<ReportEvent, { type: T }> => event.type === type);

test('a report of an adapter times every variant, and the step by the fastest', async () => {
  const events = await report(timeGpu, { size: SIZE, only: '' });
  const rows = of(events, 'rows').flatMap(each => each.rows);
  for (const { ms, gflops, gbps } of rows) {
    expect(ms).toBeGreaterThan(0);
    expect(gflops).toBeGreaterThanOrEqual(0);
    expect(gbps).toBeGreaterThan(0);
  }
  for (const { rows: variants } of of(events, 'rows')) {
    const [fastest] = [...variants].sort((a, b) => a.ms - b.ms);
    expect(variants.filter(({ isTaken }) => isTaken)).toEqual([fastest]);
  }
  const [peak] = of(events, 'peak');
  expect(peak!.gflops).toBeGreaterThan(1);
  const [step] = of(events, 'step');
  expect(step!.step.train.samples).toBe(2);
  expect(step!.step.forward.median).toBeGreaterThan(0);
});

test('a report of some ops checks and times those alone', async () => {
  const events = await report(reportGpu, { size: SIZE, only: 'softmax' });
  const names = [...of(events, 'checked').flatMap(({ results }) => results), ...of(events, 'rows').flatMap(({ rows }) => rows)].map(
    ({ op }) => op,
  );
  expect(new Set(names)).toEqual(new Set(['softmax_forward', 'softmax_backward']));
  expect(
    of(events, 'checked')
      .flatMap(({ results }) => results)
      .every(({ ok }) => ok),
  ).toBe(true);
  expect(of(events, 'step')).toEqual([]);
});

test('where the GPU is lost, that op alone is left out', async () => {
  const lost = 'Timing dense_forward of dense_1';
  const events = await report(timeGpu, { size: SIZE, only: 'dense_forward' }, event => {
    if (event.type === 'progress' && event.text === lost) losing.loseAt(2);
  });
  expect(of(events, 'wrong').map(({ message }) => message)).toEqual([
    'the GPU was lost while dense_forward of dense_1 was timed: it is left out',
  ]);
  expect(of(events, 'rows').flatMap(({ rows }) => rows.map(row => row.of))).toContain('dense');
});
