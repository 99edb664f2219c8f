import type { Node } from '../src/engine/graph.js';
import { type Fusion, makePlan } from '../src/engine/plan.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { measure } from '../src/gpu/measure.js';
import { tryVariants } from '../src/gpu/trial.js';
import type { Sequential } from '../src/nn/model.js';
import type { Batch, Source } from '../src/nn/source.js';
import { traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { exactModel, madeUpImages } from './exact.js';
import { FURTHER_SIZE, furtherModels } from './further.js';
import { circumstances, formatMs, keep } from './harness.js';
import { type OpsRow, writeLadder } from './ladder.js';

export interface OpsOptions {
  readonly batch: number;
  readonly samples: number;
  readonly json: boolean;
  /** Only ops whose name has this in it. */
  readonly only: string | undefined;
}

/** Noise doesn't count for much in runs that take so long together. */
const ENOUGH_MS = 5000;

/**
 * Times every variant of every op of the face-mask network's training step, and of the ops that only other networks have, each checked against the naive one
 * first.
 */
export async function benchOps(gpu: GpuExecutor, { batch, samples, json, only }: OpsOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const model = await exactModel(gpu);
  const further = await furtherModels(gpu);
  const seen = new Set<string>();
  const rows: OpsRow[] = [];
  // Convolutions are timed by themselves, too, as networks without pooling have them.
  const own = [FUSIONS, []].flatMap(fusions => nodesOf(model, madeUpImages(batch).source, fusions));
  const known = new Set(own.map(({ op }) => op));
  const others = further
    .flatMap(each => nodesOf(each, madeUpImages(batch, FURTHER_SIZE).source, FUSIONS))
    .filter(({ op }) => !known.has(op));
  for (const node of [...own, ...others]) {
    const key = `${node.op} ${JSON.stringify(node.attrs)}`;
    if (seen.has(key) || !node.op.includes(only ?? '')) continue;
    seen.add(key);
    for (const { variant, ms } of await timesOf(node, gpu, samples, say)) {
      const { flops, bytes } = node.cost;
      const row = { op: node.op, of: node.scope, variant, ms, gflops: flops / ms / 1e6, gbps: bytes / ms / 1e6 };
      rows.push(row);
      if (!json) console.log(`${node.op}.${variant}`.padEnd(48) + node.scope.padEnd(18) + formatMs(ms).padStart(9) + numbers(row));
    }
  }
  for (const each of [model, ...further]) await each.close();
  const result = { bench: 'ops', ...circumstances(gpu.description), batch, rows };
  if (!only) {
    await keep('ops', result);
    await writeLadder();
  }
  if (json) console.log(JSON.stringify(result));
}

function nodesOf(model: Sequential, source: Source<Batch>, fusions: readonly Fusion[]): readonly Node[] {
  const { graph } = traceModel(model, model.compiled, model.compiled.plans, 'train', source);
  return makePlan(graph, { outputs: [], fusions }).nodes;
}

const numbers = ({ gflops, gbps }: OpsRow): string => `${gflops.toFixed(2).padStart(10)} GFLOP/s ${gbps.toFixed(2).padStart(9)} GB/s`;

async function timesOf(
  node: Node,
  gpu: GpuExecutor,
  samples: number,
  say: (line: string) => void,
): Promise<{ variant: string; ms: number }[]> {
  const supported = gpu.kernelsOf(node).filter(variant => variant.supports(gpu.traits));
  if (supported.length === 1) {
    const alone = node.isolated();
    const [only] = gpu.kernelsOf(alone);
    return [{ variant: only!.name, ms: (await measure(alone, only!, gpu, { runs: samples })).ms }];
  }
  const trials = await tryVariants(node, gpu, { runs: samples, hopeless: Infinity, enoughMs: ENOUGH_MS, onWrong: say });
  return trials.map(({ variant, ms }) => ({ variant, ms: ms! }));
}
