import type { BoundVariant, Node } from '../engine/graph.js';
import type { Plan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import { emptyArray, type NumberArray, type Tensor } from '../engine/tensor.js';
import type { GpuExecutable } from './executable.js';
import type { Chooser, GpuExecutor } from './executor.js';

/** What was found for a node: the fastest variant, and the milliseconds of those that were right. */
export interface Finding {
  readonly variant: string;
  readonly ms: Readonly<Record<string, number>>;
}

/** Keeps findings between runs, by keys that name adapter, driver, op, sizes and shader texts. */
export interface FindingStore {
  load(): Promise<ReadonlyMap<string, Finding>>;
  add(found: ReadonlyMap<string, Finding>): Promise<void>;
}

export interface TunerOptions {
  readonly store?: FindingStore | undefined;
  /** Take this variant wherever an adapter supports it, without trying any. */
  readonly variant?: string | undefined;
  /** Whether to try variants; if not, the last that the adapter supports is taken. Default true. */
  readonly tune?: boolean | undefined;
  readonly onProgress?: ((done: number, total: number, label: string) => void) | undefined;
  /** Told of variants that compute something else than the naive one, or don't compile. */
  readonly onWrong?: ((message: string) => void) | undefined;
}

/** Images of the batch on which variants are checked against the naive one, which would take minutes on a whole batch. */
const CHECK_BATCH = 1;

/** How far a variant may lie from the naive one, relative to the largest value: Winograd's transforms round more than a direct sum. */
const TOLERANCE = 3e-5;

/** The share of integers that may differ. */
const CHOICES_APART = 1e-3;

/** Variants this much slower than the fastest on the small batch are not timed on the whole one. */
const HOPELESS = 3;

const TIMED_RUNS = 3;

interface Candidate {
  readonly variant: BoundVariant;
  readonly index: number;
}

/**
 * Chooses by measurement how each node of a plan is computed: times the variants that the adapter supports, checks each against the naive one,
 * and remembers the winner.
 */
export class Tuner {
  readonly #options: TunerOptions;
  #known: Map<string, Finding> | undefined;

  constructor(options: TunerOptions = {}) {
    this.#options = options;
  }

  readonly choose: Chooser = async (nodes, gpu) => {
    const { variant, tune = true } = this.#options;
    const chosen = new Map<Node, BoundVariant>();
    const open = new Map<string, Node[]>();
    this.#known ??= new Map(await this.#options.store?.load());
    for (const node of nodes) {
      const supported = node.variants.filter(candidate => candidate.supports(gpu.traits));
      const named = supported.find(({ name }) => name === variant);
      if (named || supported.length === 1 || !tune) {
        chosen.set(node, named ?? supported.at(-1)!);
        continue;
      }
      const key = await keyOf(node, supported, gpu);
      const finding = this.#known.get(key);
      const known = finding && supported.find(({ name }) => name === finding.variant);
      if (known) chosen.set(node, known);
      else open.set(key, [...(open.get(key) ?? []), node]);
    }
    const found = new Map<string, Finding>();
    let done = 0;
    for (const [key, [node, ...others]] of open) {
      this.#options.onProgress?.(done++, open.size, `${node!.op} of ${node!.scope}`);
      const finding = await this.#try(node!, gpu);
      found.set(key, finding);
      this.#known.set(key, finding);
      for (const same of [node!, ...others]) chosen.set(same, same.variants.find(({ name }) => name === finding.variant)!);
    }
    if (open.size > 0) {
      this.#options.onProgress?.(open.size, open.size, '');
      await this.#options.store?.add(found);
    }
    return node => chosen.get(node) ?? node.variants[0]!;
  };

  async #try(node: Node, gpu: GpuExecutor): Promise<Finding> {
    if (!node.withBatch) throw new Error(`${node.op} has several variants but no inputShapes to try them on`);
    const [small, whole] = [node.withBatch(CHECK_BATCH), node.isolated()];
    const supported = node.variants.map((variant, index) => ({ variant, index })).filter(({ variant }) => variant.supports(gpu.traits));
    const right = await this.#check(small, supported, gpu);
    const fastest = Math.min(...right.map(({ ms }) => ms));
    const ms: Record<string, number> = {};
    for (const { variant, index, ms: smallMs } of right) {
      if (smallMs <= HOPELESS * fastest) ms[variant.name] = (await measure(whole, whole.variants[index]!, gpu, TIMED_RUNS)).ms;
    }
    const [variant] = Object.entries(ms).sort((a, b) => a[1] - b[1])[0]!;
    return { variant, ms };
  }

  /** The candidates that compute what the naive one does, with their times on the small batch. */
  async #check(small: Node, candidates: readonly Candidate[], gpu: GpuExecutor): Promise<(Candidate & { readonly ms: number })[]> {
    const naive = await measure(small, small.variants[0]!, gpu, 1);
    const right: (Candidate & { readonly ms: number })[] = [];
    for (const candidate of candidates) {
      const variant = small.variants[candidate.index]!;
      if (candidate.index === 0) {
        right.push({ ...candidate, ms: naive.ms });
        continue;
      }
      try {
        const { ms, outputs } = await measure(small, variant, gpu, 1);
        const wrong = firstDifference(small, outputs, naive.outputs);
        if (!wrong) right.push({ ...candidate, ms });
        else this.#options.onWrong?.(`${small.op}.${variant.name} is wrong on this adapter and not used: ${wrong}`);
      } catch (error) {
        this.#options.onWrong?.(`${small.op}.${variant.name} does not run on this adapter and is not used: ${(error as Error).message}`);
      }
    }
    return right;
  }
}

/** Adapter with driver, op, sizes, and the texts of all shaders that could compute it: a change of any asks for a new measurement. */
async function keyOf(node: Node, supported: readonly BoundVariant[], gpu: GpuExecutor): Promise<string> {
  const texts: string[] = [];
  for (const variant of supported) {
    for (const { shader, constants } of variant.dispatches(scratchOf(node))) {
      texts.push((await gpu.kernels.shader(shader)).source, JSON.stringify(constants ?? {}));
    }
  }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(texts.join('\n')));
  const hash = [...new Uint8Array(digest).subarray(0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return `${gpu.description} | ${node.op} ${JSON.stringify(node.attrs)} | ${hash}`;
}

function scratchOf(node: Node): Parameters<BoundVariant['dispatches']>[0] {
  const { graph } = Object.values(node.outputs)[0]!;
  return (name, { shape, dtype }) => graph.input(name, shape, dtype);
}

/** Computes a node by a variant on made-up numbers, the same for every variant: its outputs, and the fastest of some timed runs. */
async function measure(
  node: Node,
  variant: BoundVariant,
  gpu: GpuExecutor,
  runs: number,
): Promise<{ ms: number; outputs: Map<string, NumberArray> }> {
  const outputs = Object.entries(node.outputs);
  const inputs = Object.values(node.inputs).map(tensor => tensor.root);
  const variables = Object.values(node.updates).map(tensor => tensor.variable!);
  for (const variable of variables) gpu.allocate(variable);
  const plan: Plan = { nodes: [node], inputs, outputs: outputs.map(([, tensor]) => tensor) };
  const executable = await gpu.prepare(plan, () => variant);
  try {
    inputs.forEach((tensor, i) => {
      executable.write(tensor, madeUp(tensor, i));
    });
    const scalars = Object.values(node.attrs).filter(value => typeof value !== 'number');
    const given = Object.fromEntries(scalars.map(({ scalar }) => [scalar, 1]));
    // The first run compiles, in some drivers.
    executable.run(given);
    const found = new Map<string, NumberArray>();
    for (const [name, tensor] of outputs) found.set(name, await executable.read(tensor));
    for (const [name, { variable }] of Object.entries(node.updates)) found.set(name, await gpu.read(variable!));
    let ms = Infinity;
    for (let i = 0; i < runs; i++) ms = Math.min(ms, await timeRun(executable, gpu, given));
    return { ms, outputs: found };
  } finally {
    executable.release();
    for (const variable of variables) gpu.free(variable);
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

function firstDifference(
  node: Node,
  found: ReadonlyMap<string, NumberArray>,
  wanted: ReadonlyMap<string, NumberArray>,
): string | undefined {
  for (const name of Object.keys({ ...node.outputs, ...node.updates })) {
    const [a, b] = [found.get(name)!, wanted.get(name)!];
    let scale = 0;
    for (const value of b) scale = Math.max(scale, Math.abs(value));
    // Integers say which value won: two that nearly tie may win by turns, so a few may differ.
    const isChoice = !(b instanceof Float32Array);
    let allowed = isChoice ? CHOICES_APART * b.length : 0;
    for (let i = 0; i < b.length; i++) {
      const same = isChoice ? a[i] === b[i] : Math.abs(a[i]! - b[i]!) <= TOLERANCE * scale;
      if (!same && --allowed < 0) return `${name}[${i}] is ${a[i]}, the naive kernel gives ${b[i]}`;
    }
  }
  return undefined;
}
