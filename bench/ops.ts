import type { Node } from '../src/engine/graph.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { measure } from '../src/gpu/measure.js';
import { tryVariants } from '../src/gpu/trial.js';
import { circumstances, formatMs, keep } from './harness.js';
import { type OpsRow, writeLadder } from './ladder.js';
import { stepNodes } from './step_nodes.js';

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
  const rows: OpsRow[] = [];
  for (const node of await stepNodes(gpu, batch)) {
    if (!node.op.includes(only ?? '')) continue;
    for (const { variant, ms } of await timesOf(node, gpu, samples, say)) {
      const { flops, bytes } = node.cost;
      const row = { op: node.op, of: node.scope, variant, ms, gflops: flops / ms / 1e6, gbps: bytes / ms / 1e6 };
      rows.push(row);
      if (!json) console.log(`${node.op}.${variant}`.padEnd(48) + node.scope.padEnd(18) + formatMs(ms).padStart(9) + numbers(row));
    }
  }
  const result = { bench: 'ops', ...circumstances(gpu.description), batch, rows };
  if (!only) {
    await keep('ops', result);
    await writeLadder();
  }
  if (json) console.log(JSON.stringify(result));
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
