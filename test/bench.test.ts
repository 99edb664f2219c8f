import { join } from 'node:path';
import { expect, test } from 'vitest';
import { batchesSection } from '../bench/batches.js';
import { barChart } from '../bench/chart.js';
import { summarize, timeInTurn } from '../bench/harness.js';
import { ladderPage } from '../bench/ladder.js';
import { Peer } from '../bench/peer.js';
import { rooflineTable } from '../bench/roofline.js';
import { countingRounds } from '../bench/rounds.js';

test('timings are summed up by their least, middle and largest', () => {
  expect(summarize([5, 1, 9, 3])).toEqual({ min: 1, median: 4, max: 9, samples: 4 });
  expect(summarize([7])).toEqual({ min: 7, median: 7, max: 7, samples: 1 });
});

test('things are timed in turn, and warm-ups do not count', async () => {
  const order: string[] = [];
  const thing = (name: string) => async () => order.push(name);
  const [a, b] = await timeInTurn([thing('a'), thing('b')], 2, 1);
  expect(order.join('')).toBe('ababab');
  expect([a, b]).toEqual([
    { min: 3, median: 4, max: 5, samples: 2 },
    { min: 4, median: 5, max: 6, samples: 2 },
  ]);
});

test('bars are as long as the logarithm of their values, and labels are escaped', () => {
  const svg = barChart('Times', [
    { label: 'a & <b>', value: 10, text: '10 ms' },
    { label: 'c', value: 100, text: '100 ms' },
    { label: 'd', value: 1000, text: '1000 ms' },
  ]);
  const widths = [...svg.matchAll(/<rect [^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(3);
  expect(widths[1]! - widths[0]!).toBeCloseTo(widths[2]! - widths[1]!, 0);
  expect(svg).toContain('a &#38; &#60;b&#62;');
});

test('a peer does a sample a line, and one that does not run says why', async () => {
  const script = join('..', '..', 'test', 'fixtures', 'peer.mjs');
  const peer = await Peer.start(script, []);
  expect(peer.hello).toMatchObject({ peer: 'test', version: '1' });
  expect(peer.canTrain).toBe(true);
  expect(await peer.sample('train')).toMatchObject({ loss: 2, ms: expect.any(Number), rss: expect.any(Number) });
  expect(await peer.sample('predict')).toMatchObject({ probabilities: [1] });
  await peer.stop();
  await expect(Peer.start(script, ['broken'])).rejects.toThrow('no such adapter');
  await expect(Peer.start(script, [], 'no-such-program')).rejects.toThrow(/cannot start no-such-program/);
});

test('the page of kernels says how fast each is, and which of them win nowhere', () => {
  const row = (of: string, variant: string, ms: number) => ({ op: 'dense_forward', of, variant, ms, gflops: 1, gbps: 1, moved: 1.25 });
  const rows = [row('dense', 'naive', 100), row('dense', 'blocks', 26), row('dense', 'split', 27), row('dense', 'lanes', 25)];
  const page = ladderPage(
    [{ adapter: 'llvmpipe: Mesa', cpu: 'a CPU', commit: 'abc', date: '2026-01-02T', batch: 10, rows }],
    ['## On paper', ''],
  );
  expect(page).toContain('## dense_forward\n\n| kernel | dense, llvmpipe | moves | made for | what it does |');
  expect(page).toContain('| naive | 100 ms | 1.3 × | any adapter |');
  expect(page).toContain('| lanes | **25.0 ms (4 ×)** | 1.3 × | drivers whose loads cost most |');
  // Less than a tenth faster than the next is no win; kernels made for GPUs wait for one.
  expect(page).toContain('Wins nowhere at these batches: blocks, lanes.');
  expect(page).toContain('`relu_forward`');
  expect(page).toContain('## On paper');
});

test('a step on paper has the products of its convolutions in the 36 positions of F(4x4), and the weights as Adam reads and writes them', async () => {
  const page = (await rooflineTable(1)).join('\n');
  const row = (shader: string): number[] =>
    new RegExp(`^\\| ${shader} \\|(.*)`, 'm')
      .exec(page)![1]!
      .split('|')
      .map(cell => Number.parseFloat(cell));
  // Of 72 x 72 outputs forward, and of 74 x 74 inputs backward, by tiles of 4 x 4.
  const products = (2 * 36 * 100 * 100 * (18 * 18 + 19 * 19)) / 1e9;
  expect(row('winograd_multiply.tiled')[1]).toBeCloseTo(products, 2);
  // A tile's 100 channels, 16 at a time, in both; and what comes before them.
  expect(row('winograd_multiply.tiled').slice(4, 6)).toEqual([expect.any(Number), 2 * (1 + 7)]);
  // Weight, both moments: read and written; the gradient: read.
  const weights = 9 * 3 * 100 + 100 + 9 * 100 * 100 + 100 + 36 * 36 * 100 * 50 + 50 + 100 + 2;
  expect(row('adam')[2]).toBeCloseTo((7 * 4 * weights) / 1e6, 0);
});

test('rounds are passes of loops that read memory and whose length the shader does not say', () => {
  const code = countingRounds(`
const SIZE: u32 = 4u;
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;
fn read(i: u32) -> f32 { return input[i]; }
@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var i = 0u; i < SIZE; i++) { sum += input[i]; }
  for (var i = 0u; i < min(SIZE, params.rows - 1u); i++) { kept[i] = 0.0; }
  for (var i = lane; i < min(SIZE, params.rows - 1u); i += SIZE) {
    for (var j = 0u; j < params.rows; j++) { sum += read(j); }
  }
}
`);
  expect(code.match(/for .*\{ rounds\+\+;/g)).toEqual([
    'for (var i = lane; i < min(SIZE, params.rows - 1u); i += SIZE) { rounds++;',
    'for (var j = 0u; j < params.rows; j++) { rounds++;',
  ]);
  expect(code).toContain('fn work(group: vec3<u32>, lane: u32) {');
  expect(code).toContain('@group(0) @binding(2) var<storage, read_write> counted: array<atomic<u32>>;');
});

test('rounds that take long are few: one to warm up, three that count', async () => {
  let rounds = 0;
  const slow = async (): Promise<number> => {
    rounds++;
    return 20_000;
  };
  const [timing, other] = await timeInTurn([slow, async () => 1], 10, 3, 10_000);
  expect(rounds).toBe(4);
  expect([timing!.samples, other!.samples]).toEqual([3, 3]);
  expect((await timeInTurn([async () => 1], 10, 3, 10_000))[0]!.samples).toBe(10);
});

test('the page on training says from which batch on an adapter is nearly as fast as it gets', () => {
  const row = (batch: number, median: number) => ({ axis: 'batch', batch, parts: 1, timing: summarize([median]) });
  const result = { adapter: 'llvmpipe: Mesa', cpu: 'a CPU', commit: 'abc', date: '2026-01-02T' };
  const other = { ...row(10, 1), axis: 'image' };
  const text = batchesSection([
    { ...result, rows: [row(1, 1)] },
    { ...result, rows: [row(1, 100), row(8, 410), row(16, 800), row(32, 1500)] },
    { ...result, rows: [other] },
    { ...result, adapter: 'GPU (a vendor)', rows: [row(1, 10), row(16, 10)] },
  ]);
  expect(text).toContain('on llvmpipe a batch of 8 or more, on GPU a batch of 16 or more has 90 % of the most');
  expect(text).toContain('| batch | llvmpipe | GPU |');
  expect(text).toContain('| 8 | 19.5 | – |');
  expect(batchesSection([])).toContain('Nothing was measured yet');
});
