import { Graph } from '../engine/graph.js';
import { multiplyAdd } from '../ops/multiply_add.js';
import type { GpuExecutor } from './executor.js';
import { measure } from './measure.js';

/** Elements that keep a large GPU busy. */
const SIZE = 2 ** 17;

/** Rounds to begin with, and the milliseconds of a run that is long enough to trust. */
const FEWEST_ROUNDS = 256;
const LONG_ENOUGH_MS = 5;

const RUNS = 5;

/** Floating-point operations a second of a kernel that only multiplies and adds, in registers: what no other kernel can exceed, in GFLOP/s. */
export async function measurePeak(gpu: GpuExecutor): Promise<number> {
  for (let rounds = FEWEST_ROUNDS; ; rounds *= 8) {
    const graph = new Graph();
    multiplyAdd(graph.input('input', [SIZE]), { rounds, factor: 0.5, addend: 1 });
    const node = graph.nodes[0]!.isolated();
    const { ms } = await measure(node, gpu.kernelsOf(node)[0]!, gpu, { runs: RUNS });
    if (ms >= LONG_ENOUGH_MS) return node.cost.flops / ms / 1e6;
  }
}
