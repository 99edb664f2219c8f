import { type Case, cases } from '../check/cases.js';
import { checkCase, GUARD_BYTES, type Result } from '../check/run.js';
import { DeviceLostError } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';
import { type Chooser, chooseNaive, type GpuExecutor, type GpuOptions } from '../gpu/executor.js';
import { measurePeak } from '../gpu/peak.js';
import { Tuner } from '../gpu/tune.js';
import { ArraySource } from '../nn/arrays.js';
import type { Sequential } from '../nn/model.js';
import { FUSIONS } from '../ops/fusions.js';
import { exactModel, forwardPass, madeUpImages, stepper } from './exact.js';
import { nodesOf, type OpsRow, sizeKey, timeVariants } from './ops.js';
import { type Timing, timed, timeInTurn } from './timing.js';

/** The size at which kernels and steps of the face-mask network are timed. */
export interface StepSize {
  readonly imageSize: readonly [height: number, width: number];
  readonly batch: number;
  /** Timed runs of each thing. */
  readonly samples: number;
}

export interface ReportOptions {
  readonly size: StepSize;
  /** Only ops whose name has this in it; then no whole step is timed. */
  readonly only: string;
}

/** A timed kernel, and whether the step takes it. */
export interface ReportRow extends OpsRow {
  readonly isTaken: boolean;
}

/** A training step, and a forward pass of a batch. */
export interface StepTimes {
  readonly train: Timing;
  readonly forward: Timing;
}

/** What a report tells while it is made. */
export type ReportEvent =
  | { readonly type: 'progress'; readonly text: string; readonly done: number; readonly total: number }
  | { readonly type: 'checked'; readonly results: readonly Result[] }
  | { readonly type: 'peak'; readonly gflops: number }
  | { readonly type: 'rows'; readonly rows: readonly ReportRow[] }
  | { readonly type: 'wrong'; readonly message: string }
  | { readonly type: 'step'; readonly step: StepTimes };

/** Opens an adapter with a way to choose kernels. */
export type OpenGpu = (options: Pick<GpuOptions, 'choose' | 'guardBytes'>) => Promise<GpuExecutor>;

/** Runs of a kernel that took this long together, in milliseconds, are not repeated. */
const ENOUGH_MS = 500;

/** Variants this much slower than the fastest on a batch of one are not timed. */
const HOPELESS = 10;

/** Steps before those that count. */
const WARM_UPS = 2;

/**
 * Holds every kernel to the CPU reference on an adapter, then times every variant of every op of a training step, and the step by the fastest of them. What is
 * found is told as it comes.
 */
export async function reportGpu(open: OpenGpu, options: ReportOptions, tell: (event: ReportEvent) => void): Promise<void> {
  await checkKernels(open, options.only, tell);
  await timeGpu(open, options, tell);
}

/** The second half of a report: the times alone. */
export async function timeGpu(open: OpenGpu, options: ReportOptions, tell: (event: ReportEvent) => void): Promise<void> {
  const winners = new Map<string, string>();
  const gpu = await open({ choose: chooseFrom(winners) });
  try {
    const [height, width] = options.size.imageSize;
    const model = await exactModel(gpu, [height, width]);
    await timeKernels(gpu, model, options, winners, tell);
    if (!options.only) await timeStep(model, options.size, tell);
    await model.close();
  } finally {
    await gpu.close();
  }
}

async function checkKernels(open: OpenGpu, only: string, tell: (event: ReportEvent) => void): Promise<void> {
  const gpu = await open({ choose: chooseNaive, guardBytes: GUARD_BYTES });
  const wanted = cases.filter(({ op }: Case) => op.includes(only));
  try {
    for (const [done, of] of wanted.entries()) {
      tell({ type: 'progress', text: `Checking ${of.op} against the CPU reference`, done, total: wanted.length });
      tell({ type: 'checked', results: await checkCase(of, gpu) });
    }
  } finally {
    await gpu.close();
  }
}

/** Takes the variants that were found to be the fastest, and where none was timed that of the highest rank. */
function chooseFrom(winners: ReadonlyMap<string, string>): Chooser {
  const untuned = new Tuner({ tune: false });
  return async (nodes, gpu) => {
    const usual = await untuned.choose(nodes, gpu);
    return node => gpu.kernelsOf(node).find(({ name }) => name === winners.get(sizeKey(node))) ?? usual(node);
  };
}

async function timeKernels(
  gpu: GpuExecutor,
  model: Sequential,
  { size: { batch, imageSize, samples }, only }: ReportOptions,
  winners: Map<string, string>,
  tell: (event: ReportEvent) => void,
): Promise<void> {
  const { source } = madeUpImages(batch, imageSize);
  const nodes = new Map<string, Node>();
  for (const node of nodesOf(model, source, FUSIONS)) {
    if (node.op.includes(only) && !nodes.has(sizeKey(node))) nodes.set(sizeKey(node), node);
  }
  tell({ type: 'peak', gflops: await measurePeak(gpu) });
  let done = 0;
  for (const [key, node] of nodes) {
    tell({ type: 'progress', text: `Timing ${node.op} of ${node.scope}`, done: done++, total: nodes.size });
    const onWrong = (message: string): void => tell({ type: 'wrong', message });
    const rows = await timeVariants(node, gpu, { samples, enoughMs: ENOUGH_MS, hopeless: HOPELESS, onWrong }).catch(async error => {
      if (!(error instanceof DeviceLostError)) throw error;
      const during = `while ${node.op} of ${node.scope} was timed`;
      await gpu.revive(during);
      onWrong(`the GPU was lost ${during}: it is left out`);
      return undefined;
    });
    if (!rows) continue;
    const { variant: fastest } = rows.reduce((best, row) => (row.ms < best.ms ? row : best));
    winners.set(key, fastest);
    tell({ type: 'rows', rows: rows.map(row => ({ ...row, isTaken: row.variant === fastest })) });
  }
}

async function timeStep(model: Sequential, { batch, imageSize, samples }: StepSize, tell: (event: ReportEvent) => void): Promise<void> {
  tell({ type: 'progress', text: 'Timing the whole step', done: 0, total: 1 });
  const { source, x } = madeUpImages(batch, imageSize);
  const { step } = await stepper(model, source);
  const forward = await forwardPass(model, new ArraySource(x, model.inputShape, undefined, { batchSize: batch, shuffle: false }));
  const [train, predict] = await timeInTurn([() => timed(step), () => timed(forward)], samples, WARM_UPS);
  tell({ type: 'step', step: { train: train!, forward: predict! } });
}
