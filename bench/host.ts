import { readFileSync } from 'node:fs';
import { exactModel } from '../src/bench/exact.js';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageSet } from '../src/data/iterator.js';
import { MemoryPixels } from '../src/data/pixels.js';
import { RandomState } from '../src/engine/random.js';
import { GpuExecutable } from '../src/gpu/executable.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { Tuner } from '../src/gpu/tune.js';
import type { BoundVariant } from '../src/kernels/variant.js';
import { conv2d, dense, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import type { Prepared } from '../src/nn/plans.js';
import type { Batch, Source } from '../src/nn/source.js';
import { openAdapter } from '../src/node/adapter.js';
import { AUGMENTATION } from '../src/run/augmentation.js';
import { RESCALE } from '../src/run/values.js';
import { circumstances, keep, summarize, type Timing } from './harness.js';

export interface HostOptions {
  readonly adapter?: string | undefined;
  readonly batch: number;
  readonly json: boolean;
}

/** Rounds, the first as a warm-up. */
const ROUNDS = 6;

/** How often a round of the step's parts goes through the data set: the system counts a thread's time in slices of up to 4 ms. */
const PASSES = 25;

/** What a training step takes of the thread that runs the program: microseconds, medians of rounds. */
interface HostRow {
  readonly network: string;
  readonly dispatches: number;
  /** Of the thread's own time, where the system tells it apart; waiting is none of it. */
  readonly thread: Timing | undefined;
  /** The parts of it that are one call each. */
  readonly batch: Timing;
  readonly write: Timing;
  readonly run: Timing;
  /** By the clock, of steps that follow one another, on a device whose kernels do nothing. */
  readonly wall: Timing;
  /** Steps a second of fit() there, and where the kernels compute. */
  readonly fitIdle: Timing;
  readonly fit: Timing;
}

/**
 * What the host does for a step of training: draw and copy a batch, write it, encode, submit, keep pace. It is measured where the device does nothing: each
 * dispatch starts no workgroup, and which says that it is a GPU: it gets the kernels that are made for those, and keeps the pictures.
 */
export async function benchHost(gpu: GpuExecutor, { adapter, batch, json }: HostOptions): Promise<void> {
  const untuned = new Tuner({ tune: false });
  const idle = await openAdapter({
    adapter,
    pretence: { kind: 'GPUs' },
    choose: async (nodes, executor) => {
      const chosen = await untuned.choose(nodes, executor);
      return node => doingNothing(chosen(node));
    },
  });
  const rows: HostRow[] = [];
  for (const { network, make, size, batches } of NETWORKS) {
    const source = pictures(batch, size, batches);
    const [nothing, real] = [await make(idle.executor), await make(gpu)];
    const parts = await stepParts(nothing, source);
    const fits: number[][] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, model] of [nothing, real].entries()) {
        const begin = performance.now();
        await model.fit(source);
        if (round > 0) fits[i]!.push((1000 * source.length) / (performance.now() - begin));
      }
    }
    rows.push({ network, ...parts, fitIdle: summarize(fits[0]!), fit: summarize(fits[1]!) });
    await nothing.close();
    await real.close();
  }
  await idle.executor.close();
  const result = { bench: 'host', ...circumstances(gpu.description), batch, rows };
  await keep('host', result);
  if (json) console.log(JSON.stringify(result));
  else for (const row of rows) print(row);
}

const NETWORKS = [
  { network: 'exact', make: (executor: GpuExecutor) => exactModel(executor), size: 150, batches: 20 },
  { network: 'tiny', make: tinyModel, size: 16, batches: 300 },
] as const;

async function tinyModel(executor: GpuExecutor): Promise<Sequential> {
  const layers = [
    conv2d(4, [3, 3], { activation: 'relu', inputShape: [16, 16, 3] }),
    maxPooling2d([2, 2]),
    flatten(),
    dense(2, { activation: 'sigmoid' }),
  ];
  const model = sequential(layers, { seed: 1 });
  await model.compile({ loss: 'binaryCrossentropy', metrics: ['acc'], executor });
  return model;
}

/** Augmented as the seed's program does it. */
function pictures(batchSize: number, size: number, batches: number): Source<Batch> {
  const count = batches * batchSize;
  const random = new RandomState(7);
  const images: ImageSet = {
    pixels: new MemoryPixels(
      new Uint8Array(count * size * size * 3).map(() => 256 * random.random()),
      size * size * 3,
    ),
    height: size,
    width: size,
    channels: 3,
    classes: Array.from({ length: count }, (_, i) => i % 2),
    classNames: ['0', '1'],
    filenames: Array.from({ length: count }, (_, i) => `${i}`),
  };
  return imageDataGenerator({ rescale: RESCALE, ...AUGMENTATION }).flow(images, { batchSize });
}

function doingNothing(variant: BoundVariant): BoundVariant {
  return {
    ...variant,
    dispatches: (scratch, adapter) =>
      variant.dispatches(scratch, adapter).map(dispatch => ({ ...dispatch, workgroups: [0, 0, 0] as const })),
  };
}

async function stepParts(model: Sequential, source: Source<Batch>): Promise<Omit<HostRow, 'network' | 'fit' | 'fitIdle'>> {
  const { executable, write }: Prepared = await model.compiled.plans.get('train', source);
  if (!(executable instanceof GpuExecutable)) throw new Error('the host is timed with a GPU');
  const samples: Record<'thread' | 'batch' | 'write' | 'run' | 'wall', number[]> = { thread: [], batch: [], write: [], run: [], wall: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const sums = { batch: [] as number[], write: [] as number[], run: [] as number[] };
    const cpu = threadMicroseconds();
    const begin = performance.now();
    const steps = PASSES * source.length;
    for (let i = 0; i < steps; i++) {
      const a = performance.now();
      const batch = source.batch(i % source.length);
      const b = performance.now();
      await executable.ready();
      const c = performance.now();
      write(batch);
      const d = performance.now();
      executable.run({ rows: batch.rows, slot: 0, ...model.nextScalars });
      const e = performance.now();
      model.countStep(batch.rows);
      sums.batch.push(b - a);
      sums.write.push(d - c);
      sums.run.push(e - d);
    }
    await executable.idle();
    if (round === 0) continue;
    if (cpu !== undefined) samples.thread.push((threadMicroseconds()! - cpu) / steps);
    samples.wall.push((1000 * (performance.now() - begin)) / steps);
    for (const name of ['batch', 'write', 'run'] as const) samples[name].push(1000 * summarize(sums[name]).median);
  }
  const { thread, ...rest } = samples;
  const timings = Object.fromEntries(Object.entries(rest).map(([name, values]) => [name, summarize(values)])) as Record<
    keyof typeof rest,
    Timing
  >;
  return { dispatches: executable.steps.length, thread: thread.length > 0 ? summarize(thread) : undefined, ...timings };
}

/** Time that this thread has computed, in microseconds; undefined where the system doesn't say. */
function threadMicroseconds(): number | undefined {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  } catch {
    return undefined;
  }
}

function print({ network, dispatches, thread, batch, write, run, wall, fitIdle, fit }: HostRow): void {
  const us = (timing: Timing | undefined): string =>
    timing ? `${timing.median.toFixed(0)} (${timing.min.toFixed(0)} to ${timing.max.toFixed(0)})` : 'unknown';
  console.log(`${network}: ${dispatches} dispatches a step; microseconds a step`);
  console.log(`  thread ${us(thread)}`);
  console.log(`  batch ${us(batch)}, write ${us(write)}, run ${us(run)}, by the clock ${us(wall)}`);
  console.log(`  fit: ${us(fitIdle)} steps a second where kernels do nothing, ${us(fit)} where they compute`);
}
