/** One of those that are timed in turn. */
export interface Finalist {
  readonly name: string;
  /** What it took so far, in milliseconds. */
  readonly samples: readonly number[];
  /** Milliseconds of a run. */
  run(): Promise<number>;
}

/** They are timed in turn for this long at most, in milliseconds, beyond a first round, and so often: those that tie are as good as each other. */
const LONGEST_MS = 2000;
const MOST_ROUNDS = 10;

/** The winner's fastest runs that must all be faster than any of another. */
const SURE = 2;

/**
 * Times finalists in turn, a run each a round, until they are apart by more than their spread: until the one with the fastest run was faster, SURE times,
 * than any other ever was. Samples by name, those from before among them.
 */
export async function runOff(
  finalists: readonly Finalist[],
  clock: () => number = () => performance.now(),
): Promise<Map<string, number[]>> {
  const samples = new Map(finalists.map(({ name, samples: before }) => [name, [...before]]));
  const begin = clock();
  let rounds = 0;
  do {
    for (const { name, run } of finalists) samples.get(name)!.push(await run());
    rounds += 1;
  } while (!areApart([...samples.values()]) && rounds < MOST_ROUNDS && clock() - begin < LONGEST_MS);
  return samples;
}

function areApart(samples: readonly (readonly number[])[]): boolean {
  const sorted = samples.map(each => [...each].sort((a, b) => a - b)).sort((a, b) => a[0]! - b[0]!);
  const [winner, ...others] = sorted as [number[], ...number[][]];
  const slowest = winner[SURE - 1];
  return slowest !== undefined && others.every(other => other[0]! > slowest);
}

/** How much longer than its fastest run a variant may take in its middle one, for its time to be one of the machine and not of what else it did. */
const STEADY = 1.3;

/** Whether samples lie so far apart that something else was going on. */
export function isNoisy(samples: readonly number[]): boolean {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]! > STEADY * sorted[0]!;
}
