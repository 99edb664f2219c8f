import { DeviceLostError } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';
import type { NumberArray } from '../engine/tensor.js';
import type { GpuExecutor } from './executor.js';
import { type Measured, measure } from './measure.js';
import { runOff } from './run_off.js';

/** What trying a variant gave. */
export interface Trial {
  readonly variant: string;
  /** Milliseconds on the small batch. */
  readonly smallMs: number;
  /** The fastest run on the whole batch, in milliseconds; none where it was not worth trying. */
  readonly ms: number | undefined;
  /** All runs by which it was judged, in milliseconds: on the whole batch, or on the small one where it was not worth more. */
  readonly samples: readonly number[];
}

export interface TrialOptions {
  /** Timed runs on the whole batch. */
  readonly runs: number;
  /** Runs that took this long together, in milliseconds, are not repeated. Default Infinity. */
  readonly enoughMs?: number | undefined;
  /** Variants this much slower than the fastest on the small batch are not timed on the whole one. */
  readonly hopeless: number;
  /** Whether a variant is left out untried. */
  readonly isLeftOut?: ((variant: string) => boolean) | undefined;
  /** Told of each variant before it is tried. */
  readonly onTry?: ((variant: string) => void) | undefined;
  /** Told of variants that compute something else than the naive one, or don't compile. */
  readonly onWrong?: ((message: string) => void) | undefined;
}

/** Images of the batch on which variants are checked against the naive one, which would take minutes on a whole batch. */
const CHECK_BATCH = 1;

/** Milliseconds that the runs of a variant take together: a single run of a short kernel says more of what else the machine did. */
const LEAST_MS = 20;

/** Runs on the small batch, which decide what is left out: a second one of those that don't take long. */
const SMALL_RUNS = { runs: 2, leastMs: LEAST_MS, enoughMs: 100 };

/** How far a variant may lie from the naive one, relative to the largest value: Winograd's transforms round more than a direct sum. */
const TOLERANCE = 3e-5;

/** Milliseconds of a dispatch at most, where others are left: systems give up a GPU that answers nothing for about two seconds. */
const MOST_MS = 500;

/** Variants that are timed in turn in the end. */
const MOST_FINALISTS = 3;

/** The share of integers that may differ. */
const CHOICES_APART = 1e-3;

/**
 * Tries every variant of a node that the adapter supports, on made-up numbers and tensors of its own: first on a small batch, where each must give what the
 * naive one gives, then on the whole batch, which repeats the small one: there outputs must repeat too, sums over the batch be as many times as large,
 * and means over it be the same. Those that are wrong are left out.
 */
export async function tryVariants(node: Node, gpu: GpuExecutor, options: TrialOptions): Promise<Trial[]> {
  const { runs, hopeless, enoughMs } = options;
  if (!node.withBatch) throw new Error(`${node.op} has several variants but no inputShapes to try them on`);
  const [small, whole] = [node.withBatch(CHECK_BATCH), node.isolated()];
  const times = 'batch' in node.attrs ? (node.attrs.batch as number) / CHECK_BATCH : 1;
  const variants = gpu.kernelsOf(whole);
  const isWatched = gpu.traits.kind === 'GPUs';
  const naive = await measure(small, gpu.kernelsOf(small)[0]!, gpu, SMALL_RUNS);
  const right = await checkVariants(small, naive, gpu, options);
  const trials: (Trial & { readonly index: number })[] = [];
  let fastest: number | undefined;
  // The fastest first: of those that turn out wrong on the whole batch the others need not be judged by.
  for (const { index, ms: smallMs, samples: smallSamples } of right.sort((a, b) => a.ms - b.ms)) {
    const variant = variants[index]!;
    if (!variant.supports(gpu.traits)) continue;
    const isWorthIt = fastest === undefined || (smallMs <= hopeless * fastest && !(isWatched && smallMs * times > MOST_MS));
    if (!isWorthIt) {
      trials.push({ index, variant: variant.name, smallMs, ms: undefined, samples: smallSamples });
      continue;
    }
    options.onTry?.(variant.name);
    const { ms, samples, outputs } = await measure(whole, variant, gpu, { runs, leastMs: LEAST_MS, enoughMs, repeating: small });
    // The naive one judges, and is what is left where all others are wrong.
    const wrong = index > 0 && firstDifference(outputs, naive.outputs, times, node);
    if (wrong) {
      options.onWrong?.(`${node.op}.${variant.name} is wrong on this adapter at a batch of ${node.attrs.batch} and not used: ${wrong}`);
      continue;
    }
    fastest ??= smallMs;
    trials.push({ index, variant: variant.name, smallMs, ms, samples });
  }
  return trials.sort((a, b) => a.index - b.index).map(({ index: _, ...trial }) => trial);
}

/**
 * Times the fastest of a node's trials in turn, until they are apart: what else the machine did while one of them was tried can't mislead for good then. The
 * trials with the samples that came to them.
 */
export async function settle(node: Node, gpu: GpuExecutor, trials: readonly Trial[], onTry?: (variant: string) => void): Promise<Trial[]> {
  const [small, whole] = [node.withBatch!(CHECK_BATCH), node.isolated()];
  const finalists = trials
    .filter(({ ms }) => ms !== undefined)
    .sort((a, b) => a.ms! - b.ms!)
    .slice(0, MOST_FINALISTS);
  if (finalists.length < 2) return [...trials];
  const samples = await runOff(
    finalists.map(({ variant, samples: before }) => ({
      name: variant,
      samples: before,
      run: async () => {
        onTry?.(variant);
        const bound = gpu.kernelsOf(whole).find(({ name }) => name === variant)!;
        // Opened for each round, so that there need not be room for all of them; the first of two runs finds memory that nothing has touched.
        return (await measure(whole, bound, gpu, { runs: 2, repeating: small })).ms;
      },
    })),
  );
  return trials.map(trial => {
    const all = samples.get(trial.variant);
    return all ? { ...trial, ms: Math.min(...all), samples: all } : trial;
  });
}

interface Right {
  readonly index: number;
  readonly ms: number;
  readonly samples: readonly number[];
}

/** The variants that compute what the naive one does, with their times. */
async function checkVariants(small: Node, naive: Measured, gpu: GpuExecutor, options: TrialOptions): Promise<Right[]> {
  const { onWrong } = options;
  const right: Right[] = [{ index: 0, ms: naive.ms, samples: naive.samples }];
  for (const [index, variant] of gpu.kernelsOf(small).entries()) {
    if (index === 0 || !variant.supports(gpu.traits) || options.isLeftOut?.(variant.name)) continue;
    options.onTry?.(variant.name);
    try {
      const { ms, samples, outputs } = await measure(small, variant, gpu, SMALL_RUNS);
      const wrong = firstDifference(outputs, naive.outputs, 1, small);
      if (!wrong) right.push({ index, ms, samples });
      else onWrong?.(`${small.op}.${variant.name} is wrong on this adapter and not used: ${wrong}`);
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      onWrong?.(`${small.op}.${variant.name} does not run on this adapter and is not used: ${(error as Error).message}`);
    }
  }
  return right;
}

/**
 * Where a variant's outputs differ from the naive one's, if they do. Its inputs may be the naive one's `times` over: then what has a row for each image is it
 * as well, what sums over the images is `times` as large, and means over them are the same.
 */
function firstDifference(
  found: ReadonlyMap<string, NumberArray>,
  wanted: ReadonlyMap<string, NumberArray>,
  times: number,
  { means }: Node,
): string | undefined {
  for (const [name, b] of wanted) {
    const a = found.get(name)!;
    const isMean = means.includes(name);
    const factor = isMean ? 1 : times / (a.length / b.length);
    // Means of made-up numbers, which lie between -1 and 1, may be near 0, as the variance of a single one is.
    let scale = isMean ? 1 : 0;
    for (const value of b) scale = Math.max(scale, Math.abs(factor * value));
    // Integers say which value won: two that nearly tie may win by turns, so a few may differ.
    const isChoice = !(b instanceof Float32Array);
    let allowed = isChoice ? CHOICES_APART * a.length : 0;
    for (let i = 0; i < a.length; i++) {
      const value = factor * b[i % b.length]!;
      const same = isChoice ? a[i] === value : Math.abs(a[i]! - value) <= TOLERANCE * scale;
      if (!same && --allowed < 0) return `${name}[${i}] is ${a[i]}, the naive kernel gives ${value}`;
    }
  }
  return undefined;
}
