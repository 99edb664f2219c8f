import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { lower } from '../src/gpu/lower.js';
import { profileRuns, traceEvents } from '../src/gpu/profile.js';
import { add } from '../src/ops/add.js';
import { multiplyAdd } from '../src/ops/multiply_add.js';
import { wgrad } from './helpers/cli.js';
import { useGpu } from './helpers/gpu.js';
import { pictureFolder } from './helpers/pictures.js';

const gpu = useGpu();

/** Two kernels in a row: an addition, and many multiplications. */
function twoKernels() {
  const graph = new Graph();
  const input = graph.input('input', [1000]);
  const sum = graph.within('first', () => add(input, input));
  const output = graph.within('second', () => multiplyAdd(sum, { rounds: 64, factor: 0.5, addend: 1 }));
  return { input, plan: makePlan(graph, { outputs: [output] }) };
}

const MS = 1e6;

test('a profile sums up runs by kernel and finds the time between them', () => {
  const steps = lower(twoKernels().plan, node => gpu().kernelsOf(node)[0]!, gpu().traits);
  const run = (begin: number, submitted: number) => ({
    submitted,
    dispatches: [
      { begin, end: begin + 1 * MS },
      { begin: begin + 2 * MS, end: begin + 5 * MS },
    ],
  });
  const profile = profileRuns(steps, [run(0, 50), run(5 * MS, 52)], 10);
  expect(profile.kernels.map(({ op, scope, ms, share }) => ({ op, scope, ms, share }))).toEqual([
    { op: 'add', scope: 'first', ms: 1, share: 0.25 },
    { op: 'multiply_add', scope: 'second', ms: 3, share: 0.75 },
  ]);
  const [first, second] = profile.kernels;
  expect(first!.gbps).toBeCloseTo((3 * 4 * 1000) / 1e-3 / 1e9, 12);
  expect(second!.gflops).toBeCloseTo((2 * 12 * 64 * 1000) / 3e-3 / 1e9, 12);
  expect(second!.ofPeak).toBeCloseTo(second!.gflops / 10, 12);
  expect(profile).toMatchObject({ runs: 2, dispatches: 2, busyMs: 4 });
  expect(profile.idle).toBeCloseTo(0.2, 12);

  const { traceEvents: events } = traceEvents(steps, [run(0, 50), run(5 * MS, 52)]);
  const dispatches = events.filter(({ ph }) => ph === 'X');
  // No run begins before its submission: the first sets the clocks, the second then began 3 ms after it was submitted.
  expect(dispatches.map(({ name, ts, dur }) => [name, ts, dur])).toEqual([
    ['add first', 50_000, 1000],
    ['multiply_add second', 52_000, 3000],
    ['add first', 55_000, 1000],
    ['multiply_add second', 57_000, 3000],
  ]);
});

test('the device keeps the timestamps of the last runs, oldest first', async () => {
  const { input, plan } = twoKernels();
  const executable = await gpu().prepare(plan);
  executable.write(input, new Float32Array(1000));
  executable.startTiming(3);
  for (let i = 0; i < 5; i++) executable.run({});
  const runs = await executable.timedRuns();
  expect(runs).toHaveLength(3);
  const stamps = runs.flatMap(({ dispatches }) => dispatches.flatMap(({ begin, end }) => [begin, end]));
  expect(stamps).toHaveLength(12);
  expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
  expect(stamps.at(-1)).toBeGreaterThan(stamps[0]!);
  expect(await executable.timeline()).toEqual(runs.at(-1)!.dispatches);
  executable.release();
});

test('wgrad train --profile shows kernels, idle time and memory, and writes a trace', async () => {
  const work = await mkdtemp(join(tmpdir(), 'wgrad-'));
  const [train, validation] = [await pictureFolder(45, 20, 1), await pictureFolder(7, 20, 2)];
  try {
    const trace = join(work, 'trace.json');
    const folders = ['--train', train, '--validation', validation, '--out', join(work, 'out')];
    const options = ['--image-size', '20x20', '--batch-size', '3', '--epochs', '2', '--seed', '3', '--no-tune', '--json'];
    const { code, stdout, stderr } = await wgrad(['train', ...folders, ...options, '--profile', trace]);
    expect(stderr).not.toContain('too few');
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const { host, device, memory } = events.find(({ event }) => event === 'profile');
    expect(host.steps).toBeGreaterThan(0);
    expect(host.steps).toBeLessThan(30);
    expect(host.jsBusy).toBeGreaterThan(0);
    expect(host.jsBusy).toBeLessThanOrEqual(1);
    expect(device.kernels.reduce((sum: number, { share }: { share: number }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(device.kernels.map(({ op }: { op: string }) => op)).toContain('adam');
    expect(device.dispatches).toBeGreaterThanOrEqual(device.kernels.length);
    expect(device.peakGflops).toBeGreaterThan(0.1);
    expect(device.idle).toBeGreaterThanOrEqual(0);
    expect(device.idle).toBeLessThan(1);
    // At least the weights, their gradients and two moments of each.
    expect(memory.gpuBytes).toBeGreaterThan(4 * 4 * 100 * 100 * 9);
    const { traceEvents: shown } = JSON.parse(await readFile(trace, 'utf8'));
    expect(shown.filter(({ ph }: { ph: string }) => ph === 'X').length).toBeGreaterThanOrEqual(device.kernels.length * device.runs);
  } finally {
    for (const folder of [work, train, validation]) await rm(folder, { recursive: true });
  }
}, 120_000);
