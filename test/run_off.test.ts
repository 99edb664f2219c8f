import { expect, test } from 'vitest';
import { type Finalist, isNoisy, runOff } from '../src/gpu/run_off.js';

/** Finalists that take what is scripted, on a clock that their runs move; what comes after the script repeats its last. */
function scripted(scripts: Readonly<Record<string, { readonly before: readonly number[]; readonly runs: readonly number[] }>>) {
  let now = 0;
  const order: string[] = [];
  const finalists = Object.entries(scripts).map(([name, { before, runs }]): Finalist => {
    let run = 0;
    return {
      name,
      samples: before,
      async run() {
        const ms = runs[Math.min(run++, runs.length - 1)]!;
        now += ms;
        order.push(name);
        return ms;
      },
    };
  });
  return { finalists, order, clock: () => now };
}

const fastest = (samples: ReadonlyMap<string, readonly number[]>): string =>
  [...samples].sort((a, b) => Math.min(...a[1]) - Math.min(...b[1]))[0]![0];

test('a variant that was tried while the machine was busy wins in turn where it is the faster one', async () => {
  // As it was seen: tried beside other work, the faster one took three times as long.
  const { finalists, clock } = scripted({
    blocks: { before: [260, 262], runs: [261] },
    rows: { before: [618, 610], runs: [197, 198] },
  });
  expect(fastest(await runOff(finalists, clock))).toBe('rows');
});

test('one round is enough where they are apart, and it is in turn', async () => {
  const { finalists, clock, order } = scripted({
    a: { before: [10, 11], runs: [10] },
    b: { before: [20, 21], runs: [20] },
    c: { before: [30], runs: [30] },
  });
  const samples = await runOff(finalists, clock);
  expect(order).toEqual(['a', 'b', 'c']);
  expect(samples.get('c')).toEqual([30, 30]);
});

test('a single lucky run does not win', async () => {
  const { finalists, clock } = scripted({ a: { before: [10, 30], runs: [30, 30, 30] }, b: { before: [11, 11], runs: [11, 11, 9.5] } });
  expect(fastest(await runOff(finalists, clock))).toBe('b');
});

test('those that tie are timed for two seconds, or ten rounds, at most', async () => {
  const slow = scripted({ a: { before: [300], runs: [300] }, b: { before: [300], runs: [300] } });
  await runOff(slow.finalists, slow.clock);
  expect(slow.clock()).toBe(2400);
  const quick = scripted({ a: { before: [1], runs: [1] }, b: { before: [1], runs: [1] } });
  expect((await runOff(quick.finalists, quick.clock)).get('a')).toHaveLength(11);
});

test('samples are noisy where the middle one is far from the fastest', () => {
  expect(isNoisy([197, 198, 240])).toBe(false);
  expect(isNoisy([197, 610, 618])).toBe(true);
  expect(isNoisy([5])).toBe(false);
});
