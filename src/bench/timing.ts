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

/** Samples of a thing at least, however long it takes. */
const FEWEST = 3;

/**
 * Does each thing in turn, round after round, so that a machine that drifts treats them alike; the warm-up rounds don't count. After `enoughMs` of one of them
 * together no further round warms up, and after FEWEST that count none begins.
 */
export async function timeInTurn(
  things: readonly (() => Promise<number>)[],
  rounds: number,
  warmUps: number,
  enoughMs = Infinity,
): Promise<Timing[]> {
  const samples = things.map((): number[] => []);
  const spent = things.map(() => 0);
  const isEnough = (): boolean => spent.some(ms => ms >= enoughMs);
  let warm = 0;
  while (samples[0]!.length < rounds && !(isEnough() && samples[0]!.length >= FEWEST)) {
    const counts = warm >= warmUps || (warm > 0 && isEnough());
    if (!counts) warm++;
    for (const [i, thing] of things.entries()) {
      const ms = await thing();
      spent[i]! += ms;
      if (counts) samples[i]!.push(ms);
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
