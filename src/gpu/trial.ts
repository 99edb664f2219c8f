import { DeviceLostError } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';
import type { Plan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import { emptyArray, type NumberArray, type Tensor } from '../engine/tensor.js';
import type { BoundVariant } from '../kernels/variant.js';
import type { GpuExecutable } from './executable.js';
import type { GpuExecutor } from './executor.js';

/** What trying a variant gave. */
export interface Trial {
  readonly variant: string;
  /** Milliseconds on the small batch. */
  readonly smallMs: number;
  /** The fastest run on the whole batch, in milliseconds; none where it was not worth trying. */
  readonly ms: number | undefined;
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

/** How far a variant may lie from the naive one, relative to the largest value: Winograd's transforms round more than a direct sum. */
const TOLERANCE = 3e-5;

/** The share of integers that may differ. */
const CHOICES_APART = 1e-3;

/**
 * Tries every variant of a node that the adapter supports, on made-up numbers and tensors of its own: first on a small batch, where each must give what the
 * naive one gives, then on the whole batch, which repeats the small one: there outputs must repeat too, and sums over the batch be as many times as large.
 * Those that are wrong are left out.
 */
export async function tryVariants(node: Node, gpu: GpuExecutor, options: TrialOptions): Promise<Trial[]> {
  const { runs, hopeless, enoughMs } = options;
  if (!node.withBatch) throw new Error(`${node.op} has several variants but no inputShapes to try them on`);
  const [small, whole] = [node.withBatch(CHECK_BATCH), node.isolated()];
  const times = (node.attrs.batch as number) / CHECK_BATCH;
  const variants = gpu.kernelsOf(whole);
  const naive = await measure(small, gpu.kernelsOf(small)[0]!, gpu, { runs: 1, enoughMs });
  const right = await checkVariants(small, naive, gpu, options);
  const trials: (Trial & { readonly index: number })[] = [];
  let fastest: number | undefined;
  // The fastest first: of those that turn out wrong on the whole batch the others need not be judged by.
  for (const { index, ms: smallMs } of right.sort((a, b) => a.ms - b.ms)) {
    const variant = variants[index]!;
    if (!variant.supports(gpu.traits)) continue;
    const isWorthIt = fastest === undefined || smallMs <= hopeless * fastest;
    if (!isWorthIt) {
      trials.push({ index, variant: variant.name, smallMs, ms: undefined });
      continue;
    }
    options.onTry?.(variant.name);
    const { ms, outputs } = await measure(whole, variant, gpu, { runs, enoughMs, repeating: small });
    // The naive one judges, and is what is left where all others are wrong.
    const wrong = index > 0 && firstDifference(outputs, naive.outputs, times);
    if (wrong) {
      options.onWrong?.(`${node.op}.${variant.name} is wrong on this adapter at a batch of ${node.attrs.batch} and not used: ${wrong}`);
      continue;
    }
    fastest ??= smallMs;
    trials.push({ index, variant: variant.name, smallMs, ms });
  }
  return trials.sort((a, b) => a.index - b.index).map(({ index: _, ...trial }) => trial);
}

interface Right {
  readonly index: number;
  readonly ms: number;
}

/** The variants that compute what the naive one does, with their times. */
async function checkVariants(small: Node, naive: Measured, gpu: GpuExecutor, options: TrialOptions): Promise<Right[]> {
  const { onWrong, enoughMs } = options;
  const right: Right[] = [{ index: 0, ms: naive.ms }];
  for (const [index, variant] of gpu.kernelsOf(small).entries()) {
    if (index === 0 || !variant.supports(gpu.traits) || options.isLeftOut?.(variant.name)) continue;
    options.onTry?.(variant.name);
    try {
      const { ms, outputs } = await measure(small, variant, gpu, { runs: 1, enoughMs });
      const wrong = firstDifference(outputs, naive.outputs, 1);
      if (!wrong) right.push({ index, ms });
      else onWrong?.(`${small.op}.${variant.name} is wrong on this adapter and not used: ${wrong}`);
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      onWrong?.(`${small.op}.${variant.name} does not run on this adapter and is not used: ${(error as Error).message}`);
    }
  }
  return right;
}

interface MeasureOptions {
  readonly runs: number;
  /** No run begins after those before have taken so many milliseconds together. Default Infinity. */
  readonly enoughMs?: number | undefined;
  /** A node on a smaller batch, whose inputs this one's repeat. */
  readonly repeating?: Node;
}

/** The fastest run, and what the node's outputs and updates were after the first. */
interface Measured {
  readonly ms: number;
  readonly outputs: ReadonlyMap<string, NumberArray>;
}

/** Times a node (with tensors of its own) by one of its variants on made-up numbers, the same for every variant. Compiling is no part of it. */
export async function measure(
  node: Node,
  variant: BoundVariant,
  gpu: GpuExecutor,
  { runs, enoughMs = Infinity, repeating = node }: MeasureOptions,
): Promise<Measured> {
  const outputs = Object.entries(node.outputs);
  const inputs = Object.entries(node.inputs).map(([name, tensor]) => ({ tensor: tensor.root, like: repeating.inputs[name]! }));
  const variables = Object.values(node.updates).map(tensor => tensor.variable!);
  for (const variable of variables) gpu.allocate(variable);
  const plan: Plan = { nodes: [node], inputs: inputs.map(({ tensor }) => tensor), outputs: outputs.map(([, tensor]) => tensor) };
  const free = (): void => {
    for (const variable of variables) gpu.free(variable);
  };
  const executable = await gpu
    .prepare(plan, () => variant)
    .catch(error => {
      free();
      throw error;
    });
  try {
    executable.compile();
    await executable.idle();
    inputs.forEach(({ tensor, like }, i) => {
      executable.write(tensor, repeated(madeUp(like, i), sizeOf(tensor.shape)));
    });
    const scalars = Object.values(node.attrs).filter(value => typeof value !== 'number');
    const given = Object.fromEntries(scalars.map(({ scalar }) => [scalar, 1]));
    const times = [await timeRun(executable, gpu, given)];
    const found = new Map<string, NumberArray>();
    for (const [name, tensor] of outputs) found.set(name, await executable.read(tensor));
    for (const [name, { variable }] of Object.entries(node.updates)) found.set(name, await gpu.read(variable!));
    while (times.length < runs && times.reduce((a, b) => a + b) < enoughMs) times.push(await timeRun(executable, gpu, given));
    return { ms: Math.min(...times), outputs: found };
  } finally {
    executable.release();
    free();
  }
}

/** Milliseconds of a run: by the device's clock where it has one. */
async function timeRun(executable: GpuExecutable, gpu: GpuExecutor, scalars: Readonly<Record<string, number>>): Promise<number> {
  const byDevice = gpu.traits.features.has('timestamp-query');
  if (byDevice) executable.startTiming();
  const begin = performance.now();
  executable.run(scalars);
  await gpu.idle();
  if (!byDevice) return performance.now() - begin;
  const timeline = await executable.timeline();
  return timeline.reduce((sum, { begin: from, end }) => sum + (end - from), 0) / 1e6;
}

/** Numbers between -1 and 1 (or any words) from a fixed recurrence. */
function madeUp({ dtype, shape }: Tensor, seed: number): NumberArray {
  const data = emptyArray(dtype, sizeOf(shape));
  let state = 0x9e3779b9 + seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = dtype === 'float32' ? state / 2 ** 31 - 1 : state;
  }
  return data;
}

/** Numbers over and over again, `size` in all. */
function repeated(numbers: NumberArray, size: number): NumberArray {
  if (numbers.length === size) return numbers;
  const all = new (numbers.constructor as new (length: number) => NumberArray)(size);
  for (let i = 0; i < size; i += numbers.length) all.set(numbers, i);
  return all;
}

/**
 * Where a variant's outputs differ from the naive one's, if they do. Its inputs may be the naive one's `times` over: then what has a row for each image is it
 * as well, and what sums over the images is `times` as large.
 */
function firstDifference(
  found: ReadonlyMap<string, NumberArray>,
  wanted: ReadonlyMap<string, NumberArray>,
  times: number,
): string | undefined {
  for (const [name, b] of wanted) {
    const a = found.get(name)!;
    const factor = times / (a.length / b.length);
    let scale = 0;
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
