/** Milliseconds of a thing done several times. */
export interface Timing {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly samples: number;
}

export function summarize(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)!, samples: sorted.length };
}

/** Does each thing in turn, round after round, so that a machine that drifts treats them alike; the warm-up rounds don't count. */
export async function timeInTurn(things: readonly (() => Promise<number>)[], rounds: number, warmUps: number): Promise<Timing[]> {
  const samples = things.map((): number[] => []);
  for (let round = 0; round < warmUps + rounds; round++) {
    for (const [i, thing] of things.entries()) {
      const ms = await thing();
      if (round >= warmUps) samples[i]!.push(ms);
    }
  }
  return samples.map(summarize);
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** `1.234` seconds or `56.7` milliseconds, for tables. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 100 ? `${ms.toFixed(0)} ms` : `${ms.toPrecision(3)} ms`;
}

export function formatTiming({ min, median, max }: Timing): string {
  return `${formatMs(median).padStart(9)}  (${formatMs(min)} to ${formatMs(max)})`;
}
