import type { Node } from '../engine/graph.js';
import { type Fusion, makePlan } from '../engine/plan.js';
import type { GpuExecutor } from '../gpu/executor.js';
import { measure } from '../gpu/measure.js';
import { tryVariants } from '../gpu/trial.js';
import type { Sequential } from '../nn/model.js';
import type { Batch, Source } from '../nn/source.js';
import { traceModel } from '../nn/trace.js';
import { movedTimes } from './bytes.js';

/** One kernel timed at one size. */
export interface OpsRow {
  readonly op: string;
  /** The layer, whose size it is. */
  readonly of: string;
  readonly variant: string;
  /** Fastest of the timed runs. */
  readonly ms: number;
  /** By the op's definition, whatever the algorithm. */
  readonly gflops: number;
  /** The least bytes that the op can move, a second. */
  readonly gbps: number;
  /** How many times the least its dispatches move; absent in results of older versions. */
  readonly moved?: number | undefined;
}

/** Kernels of an adapter: a line of bench/results/ops.jsonl. */
export interface OpsResult {
  readonly adapter: string;
  readonly cpu: string;
  readonly commit: string;
  readonly date: string;
  readonly batch: number;
  readonly rows: readonly OpsRow[];
}

/** The nodes of a model's training step on batches of a source. */
export function nodesOf(model: Sequential, source: Source<Batch>, fusions: readonly Fusion[]): readonly Node[] {
  const { graph } = traceModel(model, model.compiled, model.compiled.plans, 'train', source);
  return makePlan(graph, { outputs: [], fusions }).nodes;
}

/** The same for nodes of the same op at the same sizes. */
export const sizeKey = ({ op, attrs }: Node): string => `${op} ${JSON.stringify(attrs)}`;

export interface TimeOptions {
  /** Timed runs of each variant. */
  readonly samples: number;
  /** Runs that took this long together, in milliseconds, are not repeated. */
  readonly enoughMs: number;
  /** Variants this much slower than the fastest on a batch of one are not timed. */
  readonly hopeless: number;
  /** Told of variants that compute something else than the naive one, or don't compile. */
  readonly onWrong: (message: string) => void;
}

/** Times every variant of a node that the adapter supports, each checked against the naive one first. */
export async function timeVariants(node: Node, gpu: GpuExecutor, options: TimeOptions): Promise<OpsRow[]> {
  const { samples, enoughMs, hopeless, onWrong } = options;
  const { flops, bytes } = node.cost;
  const row = (variant: string, ms: number): OpsRow => ({
    op: node.op,
    of: node.scope,
    variant,
    ms,
    gflops: flops / ms / 1e6,
    gbps: bytes / ms / 1e6,
    moved: movedTimes(node, gpu.kernelsOf(node).find(({ name }) => name === variant)!, gpu.traits),
  });
  const supported = gpu.kernelsOf(node).filter(variant => variant.supports(gpu.traits));
  if (supported.length === 1) {
    const alone = node.isolated();
    const [only] = gpu.kernelsOf(alone);
    return [row(only!.name, (await measure(alone, only!, gpu, { runs: samples, enoughMs })).ms)];
  }
  const trials = await tryVariants(node, gpu, { runs: samples, hopeless, enoughMs, onWrong });
  return trials.flatMap(({ variant, ms }) => (ms === undefined ? [] : [row(variant, ms)]));
}
