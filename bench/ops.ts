import { type OpsRow, timeVariants } from '../src/bench/ops.js';
import { cases } from '../src/check/cases.js';
import { checkCase, trace } from '../src/check/run.js';
import type { Node } from '../src/engine/graph.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { circumstances, formatMs, keep } from './harness.js';
import { writeLadder } from './ladder.js';
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
 * Times every variant of every op of the face-mask network's training step, and of the ops that only other networks have. Each is
 * checked first: at a small size against the CPU reference, then against the naive one.
 */
export async function benchOps(gpu: GpuExecutor, { batch, samples, json, only }: OpsOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const rows: OpsRow[] = [];
  const nodes = (await stepNodes(gpu, batch)).filter(({ op }) => op.includes(only ?? ''));
  const wrong = await wrongOps(nodes, gpu, say);
  for (const node of nodes) {
    if (wrong.has(node.op)) continue;
    for (const row of await timeVariants(node, gpu, { samples, hopeless: Infinity, enoughMs: ENOUGH_MS, onWrong: say })) {
      const { op, of, variant, ms } = row;
      rows.push(row);
      if (!json) console.log(`${op}.${variant}`.padEnd(48) + of.padEnd(40) + formatMs(ms).padStart(9) + numbers(row));
    }
  }
  const result = { bench: 'ops', ...circumstances(gpu.description), batch, rows };
  if (!only) {
    await keep('ops', result);
    await writeLadder();
  }
  if (json) console.log(JSON.stringify(result));
}

/** Ops of which a kernel gives something else than the CPU reference, on the first checked case that has them: their times would mean nothing. */
async function wrongOps(nodes: readonly Node[], gpu: GpuExecutor, say: (line: string) => void): Promise<ReadonlySet<string>> {
  const open = new Set(nodes.map(({ op }) => op));
  const wrong = new Set<string>();
  for (const of of cases) {
    if (!trace(of).plan.nodes.some(({ op }) => open.has(op))) continue;
    for (const { op, variant, tensor, worst, tolerance, ok } of await checkCase(of, gpu)) {
      open.delete(op);
      if (ok) continue;
      wrong.add(op);
      say(`${op}.${variant} is wrong on this adapter and not timed: ${tensor} is off by ${worst.error}, wanted ${tolerance} at most`);
    }
  }
  for (const op of open) throw new Error(`${op}: no case of src/check/cases.ts has it, so that nothing says whether its kernels are right`);
  return wrong;
}

const numbers = ({ gflops, gbps, moved = 1 }: OpsRow): string =>
  `${gflops.toFixed(2).padStart(10)} GFLOP/s ${gbps.toFixed(2).padStart(9)} GB/s, moves ${moved.toFixed(1)} x the least`;
