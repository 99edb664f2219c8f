import { expect, test } from 'vitest';
import { type OpenGpu, type ReportEvent, type ReportOptions, reportGpu } from '../src/bench/report.js';
import { openAdapter } from '../src/node/adapter.js';

const SIZE = { imageSize: [14, 14], batch: 2, samples: 2 } as const;

const adapter = process.env.WGRAD_ADAPTER;

/** An adapter whose own clock is not used, as in a browser. */
const open: OpenGpu = async options => (await openAdapter({ adapter, coarseClock: true, ...options })).executor;

async function report(options: ReportOptions): Promise<ReportEvent[]> {
  const events: ReportEvent[] = [];
  await reportGpu(open, options, event => events.push(event));
  return events;
}

const of = <T extends ReportEvent['type']>(events: readonly ReportEvent[], type: T): Extract<ReportEvent, { type: T }>[] =>
  events.filter((event): event is Extract<ReportEvent, { type: T }> => event.type === type);

test('a report of an adapter checks every kernel, times every variant, and the step by the fastest', async () => {
  const events = await report({ size: SIZE, only: '' });
  const checked = of(events, 'checked').flatMap(({ results }) => results);
  expect(checked.length).toBeGreaterThan(300);
  expect(checked.filter(({ ok }) => !ok)).toEqual([]);
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
  expect(step!.step.train.median).toBeGreaterThan(step!.step.forward.min);
});

test('a report of some ops checks and times those alone', async () => {
  const events = await report({ size: SIZE, only: 'softmax' });
  const names = [...of(events, 'checked').flatMap(({ results }) => results), ...of(events, 'rows').flatMap(({ rows }) => rows)].map(
    ({ op }) => op,
  );
  expect(new Set(names)).toEqual(new Set(['softmax_forward', 'softmax_backward']));
  expect(of(events, 'step')).toEqual([]);
});
