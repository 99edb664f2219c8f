import { type OpsRow, timeVariants } from '../src/bench/ops.js';
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
 * Times every variant of every op of the face-mask network's training step, and of the ops that only other networks have, each checked against the naive one
 * first.
 */
export async function benchOps(gpu: GpuExecutor, { batch, samples, json, only }: OpsOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const rows: OpsRow[] = [];
  for (const node of await stepNodes(gpu, batch)) {
    if (!node.op.includes(only ?? '')) continue;
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

const numbers = ({ gflops, gbps, moved = 1 }: OpsRow): string =>
  `${gflops.toFixed(2).padStart(10)} GFLOP/s ${gbps.toFixed(2).padStart(9)} GB/s, moves ${moved.toFixed(1)} x the least`;
