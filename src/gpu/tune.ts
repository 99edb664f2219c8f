import { DeviceLostError } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';
import { type AdapterKind, type BoundVariant, scratchFor } from '../kernels/variant.js';
import type { Chooser, GpuExecutor } from './executor.js';
import type { KernelOptions } from './kernel_options.js';
import { isNoisy } from './run_off.js';
import { settle, type Trial, tryVariants } from './trial.js';

/** What was found for a node: the fastest variant, and the milliseconds of those that were right. */
export interface Finding {
  readonly variant: string;
  readonly ms: Readonly<Record<string, number>>;
  /** How often it was tried in vain: each time something else kept the machine busy, and the times were far apart. None where they were not. */
  readonly noisy?: number;
}

/** Keeps findings between runs, by keys that name adapter, driver, op, sizes and shader texts. */
export interface FindingStore {
  load(): Promise<ReadonlyMap<string, Finding>>;
  add(found: ReadonlyMap<string, Finding>): Promise<void>;
}

export interface TunerOptions extends KernelOptions {
  /** Without one, findings last as long as the tuner. */
  readonly store?: FindingStore | undefined;
}

/** Variants this much slower than the fastest on the small batch are not timed on the whole one. */
const HOPELESS = 3;

const TIMED_RUNS = 3;

/** Noise doesn't count for much in runs of this length. */
const ENOUGH_MS = 500;

/** A noisy finding is made again when another run needs it, so often. */
const MOST_NOISY = 3;

/** Losses of the device in a variant after which it is not tried again. */
const MOST_LOSSES = 2;

/**
 * Chooses by measurement how each node of a plan is computed: times the variants that the adapter supports, checks each against the naive one,
 * and remembers the winner.
 */
export class Tuner {
  readonly #options: TunerOptions;
  #known: Map<string, Finding> | undefined;
  /** Findings of this tuner, which are not made again, noisy or not. */
  readonly #made = new Set<string>();
  /** How often the device was lost while a variant of a node was tried. */
  readonly #losses = new Map<string, number>();

  constructor(options: TunerOptions = {}) {
    this.#options = options;
  }

  readonly choose: Chooser = async (nodes, gpu) => {
    const { variant, tune = true } = this.#options;
    const chosen = new Map<Node, BoundVariant>();
    const open = new Map<string, Node[]>();
    this.#known ??= new Map(await this.#options.store?.load());
    for (const node of nodes) {
      const supported = gpu.kernelsOf(node).filter(candidate => candidate.supports(gpu.traits));
      const named = supported.find(({ name }) => name === variant);
      // What can't be made for the batch that variants are checked on is not tried.
      if (named || supported.length === 1 || !tune || !node.withBatch) {
        chosen.set(node, named ?? untuned(supported, gpu.traits.kind));
        continue;
      }
      const key = await keyOf(node, supported, gpu);
      const finding = this.#known.get(key);
      const isGood = finding && (this.#made.has(key) || (finding.noisy ?? 0) % MOST_NOISY === 0);
      const known = isGood && supported.find(({ name }) => name === finding.variant);
      if (known) chosen.set(node, known);
      else open.set(key, [...(open.get(key) ?? []), node]);
    }
    const found = new Map<string, Finding>();
    let done = 0;
    try {
      for (const [key, [node, ...others]] of open) {
        this.#options.onProgress?.(done++, open.size, `${node!.op} of ${node!.scope}`);
        const trials = await this.#try(node!, key, gpu);
        this.#made.add(key);
        const finding = concluded(trials, this.#known.get(key));
        found.set(key, finding);
        this.#known.set(key, finding);
        for (const same of [node!, ...others]) chosen.set(same, gpu.kernelsOf(same).find(({ name }) => name === finding.variant)!);
      }
      if (open.size > 0) this.#options.onProgress?.(open.size, open.size, '');
    } finally {
      // What was found before something went wrong is found.
      if (found.size > 0) await this.#options.store?.add(found);
    }
    return node => chosen.get(node) ?? gpu.kernelsOf(node)[0]!;
  };

  /** Tries a node's variants, but for those in which the device was lost again and again. */
  async #try(node: Node, key: string, gpu: GpuExecutor): Promise<Trial[]> {
    const idOf = (variant: string): string => `${key} ${variant}`;
    let trying = '';
    try {
      const onTry = (variant: string): void => {
        trying = variant;
      };
      const trials = await tryVariants(node, gpu, {
        runs: TIMED_RUNS,
        hopeless: HOPELESS,
        enoughMs: ENOUGH_MS,
        isLeftOut: variant => (this.#losses.get(idOf(variant)) ?? 0) >= MOST_LOSSES,
        onTry,
        onWrong: this.#options.onWrong,
      });
      return await settle(node, gpu, trials, onTry);
    } catch (error) {
      // In the naive one, by which the others are judged, it is lost before any is tried.
      if (!(error instanceof DeviceLostError) || trying === '') throw error;
      const losses = (this.#losses.get(idOf(trying)) ?? 0) + 1;
      this.#losses.set(idOf(trying), losses);
      if (losses === MOST_LOSSES)
        this.#options.onWrong?.(`${node.op}.${trying} is not used: the GPU was lost ${losses} times while it was tried`);
      throw error;
    }
  }

  /** What was found for a node, now or in an earlier run; undefined where none of its variants was tried. */
  async findingOf(node: Node, gpu: GpuExecutor): Promise<Finding | undefined> {
    this.#known ??= new Map(await this.#options.store?.load());
    const supported = gpu.kernelsOf(node).filter(candidate => candidate.supports(gpu.traits));
    return this.#known.get(await keyOf(node, supported, gpu));
  }
}

/**
 * What trials say together with those before: a variant takes as long as its fastest run ever took. Noisy where the times of the winner, or of one that was
 * left out, were far apart.
 */
export function concluded(trials: readonly Trial[], before?: Finding): Finding {
  const ms = Object.fromEntries(
    trials.flatMap(({ variant, ms: now }) => {
      const known = before?.ms[variant];
      return now === undefined && known === undefined ? [] : [[variant, Math.min(now ?? Infinity, known ?? Infinity)]];
    }),
  );
  const [variant] = Object.entries(ms).sort((a, b) => a[1] - b[1])[0]!;
  const decisive = trials.filter(trial => trial.ms === undefined || trial.variant === variant);
  return { variant, ms, ...(decisive.some(({ samples }) => isNoisy(samples)) && { noisy: (before?.noisy ?? 0) + 1 }) };
}

/**
 * The variant that is taken without trying any: the last that is made for the adapter's kind, else the last of another kind. Not so on drivers that keep arrays
 * in memory: what others gain there is 30 times slower than the naive one, where it sums in arrays.
 */
export function untuned(supported: readonly BoundVariant[], kind: AdapterKind): BoundVariant {
  const [naive, ...rest] = supported;
  const others = rest.filter(({ wastes }) => !wastes);
  const own = others.filter(({ madeFor }) => madeFor === kind || madeFor === 'any adapter');
  const foreign =
    kind === 'drivers that keep arrays in memory' ? [] : others.filter(({ madeFor }) => madeFor !== 'drivers that keep arrays in memory');
  return own.at(-1) ?? foreign.at(-1) ?? naive!;
}

/** Counts up when variants are tried in another way, so that older findings are not taken for new ones. */
const TRIAL = 5;

/** Adapter with driver, op, sizes, and the texts of all shaders that could compute it: a change of any asks for a new measurement. */
async function keyOf(node: Node, supported: readonly BoundVariant[], gpu: GpuExecutor): Promise<string> {
  const texts = [`${TRIAL}`];
  for (const variant of supported) {
    for (const { shader, constants } of variant.dispatches(scratchFor(node), gpu.traits)) {
      texts.push((await gpu.kernels.shader(shader)).source, JSON.stringify(constants ?? {}));
    }
  }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(texts.join('\n')));
  const hash = [...new Uint8Array(digest).subarray(0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return `${gpu.description} | ${node.op} ${JSON.stringify(node.attrs)} | ${hash}`;
}
