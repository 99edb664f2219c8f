import { GRADIENT_TOLERANCE, madeUpImages, stepper } from '../src/bench/exact.js';
import { compare } from '../src/check/compare.js';
import type { Executor } from '../src/engine/executor.js';
import { makePlan } from '../src/engine/plan.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, sgd } from '../src/nn/optimizers.js';
import { traceModel } from '../src/nn/trace.js';
import { circumstances, formatMs, keep, type Timing, timed, timeInTurn } from './harness.js';

export interface ScaleOptions {
  readonly samples: number;
  /** Only this axis. */
  readonly only: string | undefined;
  readonly json: boolean;
}

/** Sizes of the face-mask network: images a step, pixels of an image's side, filters of both convolutions. */
interface Size {
  readonly batch: number;
  readonly image: number;
  readonly filters: number;
}

const BASE: Size = { batch: 10, image: 150, filters: 100 };

/** Each axis grows alone; the others stay as the seed's program has them. */
const AXES: Readonly<Record<keyof Size, readonly number[]>> = {
  batch: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  image: [50, 100, 150, 200, 300],
  filters: [16, 32, 64, 100, 200],
};

export interface ScaleRow extends Size {
  readonly axis: string;
  readonly timing: Timing;
  /** The seed's own sizes, timed in turn with these: a machine that drifts treats both alike. */
  readonly base: Timing;
  /** Of a training step, by the ops' definitions. */
  readonly gflop: number;
  readonly gflops: number;
  readonly imagesPerSecond: number;
  /** GFLOP/s, relative to those of the seed's own sizes meanwhile. */
  readonly pace: number;
  /** Time over work, relative to the axis' first row: 1 where time grows in proportion. */
  readonly growth: number;
  readonly parts: number;
}

const LOSS_TOLERANCE = 1e-4;

const WARM_UPS = 3;

/** Steps of a size that took this long together suffice, in milliseconds: the largest batches take ten seconds a step on a software adapter. */
const ENOUGH_MS = 10_000;

/** Times training steps of growing batches, images and banks of filters, each kind of kernel checked first on one image against the naive ones. */
export async function benchScale(gpu: GpuExecutor, { samples, only = '', json }: ScaleOptions): Promise<void> {
  const rows: ScaleRow[] = [];
  const verified = new Set<string>();
  const base = await prepare(gpu, BASE);
  for (const [axis, values] of Object.entries(AXES)) {
    if (!axis.includes(only)) continue;
    let first: number | undefined;
    for (const value of values) {
      const size = { ...BASE, [axis]: value };
      const key = `${size.image} ${size.filters}`;
      if (!verified.has(key)) await verify(gpu, { ...size, batch: 1 });
      verified.add(key);
      const prepared = await prepare(gpu, size).catch((error: Error) => error);
      if (prepared instanceof Error) {
        process.stderr.write(`${axis} ${value} and what is larger is left out: ${prepared.message}\n`);
        break;
      }
      const { model, step, gflop, parts } = prepared;
      const [timing, meanwhile] = (await timeInTurn([() => timed(step), () => timed(base.step)], samples, WARM_UPS, ENOUGH_MS)) as [
        Timing,
        Timing,
      ];
      await model.close();
      const pace = (gflop / base.gflop) * (meanwhile.median / timing.median);
      first ??= pace;
      const row = {
        axis,
        ...size,
        timing,
        base: meanwhile,
        gflop,
        gflops: gflop / (timing.median / 1000),
        imagesPerSecond: size.batch / (timing.median / 1000),
        pace,
        growth: first / pace,
        parts,
      };
      rows.push(row);
      if (!json) console.log(lineOf(row));
    }
  }
  await base.model.close();
  const best = Math.max(...rows.map(({ pace }) => pace));
  const result = { bench: 'scale', ...circumstances(gpu.description), rows };
  await keep('scale', result);
  if (json) console.log(JSON.stringify(result));
  else {
    for (const axis of new Set(rows.map(row => row.axis))) {
      const largest = rows.findLast(row => row.axis === axis)!;
      console.log(`${axis} ${largest[axis as keyof Size]}: ${((100 * largest.pace) / best).toFixed(0)} % of the best pace`);
    }
  }
}

const lineOf = ({ axis, batch, image, filters, timing, gflops, imagesPerSecond, pace, growth, parts }: ScaleRow): string =>
  `${axis.padEnd(8)} batch ${`${batch}`.padStart(3)}  image ${`${image}`.padStart(3)}  filters ${`${filters}`.padStart(3)}  ` +
  `${formatMs(timing.median).padStart(9)}  ${gflops.toFixed(1).padStart(7)} GFLOP/s  ${imagesPerSecond.toPrecision(4).padStart(6)} images/s  ` +
  `${pace.toFixed(2)} of the seed's  time/work ${growth.toFixed(2)}${parts > 1 ? `  in ${parts} parts` : ''}`;

async function networkOf({ image, filters }: Size, executor: Executor, optimizer = adam()): Promise<Sequential> {
  const layers = [
    conv2d(filters, 3, { activation: 'relu', inputShape: [image, image, 3] }),
    maxPooling2d(2),
    conv2d(filters, 3, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dropout(0.5),
    dense(50, { activation: 'relu' }),
    dense(2, { activation: 'softmax' }),
  ];
  const model = sequential(layers, { seed: 2022 });
  await model.compile({ optimizer, loss: 'binaryCrossentropy', metrics: ['acc'], executor });
  return model;
}

interface Prepared {
  readonly model: Sequential;
  readonly step: () => Promise<void>;
  readonly gflop: number;
  readonly parts: number;
}

/** A network of a size, ready to train on made-up images. */
async function prepare(gpu: GpuExecutor, size: Size): Promise<Prepared> {
  const model = await networkOf(size, gpu);
  const { source } = madeUpImages(size.batch, [size.image, size.image]);
  const { step } = await stepper(model, source);
  const { trace } = await model.compiled.plans.get('train', source);
  const { graph } = traceModel(model, model.compiled, model.compiled.plans, 'train', source);
  const gflop = makePlan(graph, { outputs: [] }).nodes.reduce((sum, { cost }) => sum + cost.flops, 0) / 1e9;
  return { model, step, gflop, parts: trace.parts.length };
}

/** The same device, computing everything by the naive kernels, which `wgrad check` holds against the CPU reference. */
function naively(gpu: GpuExecutor): Executor {
  return {
    description: gpu.description,
    keptBytes: gpu.keptBytes,
    allocate: (...variables) => gpu.allocate(...variables),
    free: variable => gpu.free(variable),
    write: (variable, data) => gpu.write(variable, data),
    read: variable => gpu.read(variable),
    keep: variables => gpu.keep(variables),
    revive: activity => gpu.revive(activity),
    accept: variables => gpu.accept(variables),
    fits: plan => gpu.fits(plan),
    runs: plan => gpu.runs(plan),
    prepare: plan => gpu.prepare(plan, node => gpu.kernelsOf(node)[0]!),
    close: async () => {},
  };
}

/** Throws where loss or gradients of one image differ from what the naive kernels give. The gradients are what plain descent takes from the weights. */
async function verify(gpu: GpuExecutor, size: Size): Promise<void> {
  const found: { readonly loss: number; readonly gradients: Map<string, Float32Array> }[] = [];
  for (const executor of [gpu, naively(gpu)]) {
    const model = await networkOf(size, executor, sgd({ learningRate: 1 }));
    const before = await model.getWeights();
    const { step, loss } = await stepper(model, madeUpImages(size.batch, [size.image, size.image]).source);
    await step();
    const after = await model.getWeights();
    const gradients = Object.entries(before).map(([name, values]) => [name, values.map((value, i) => value - after[name]![i]!)] as const);
    found.push({ loss: await loss(), gradients: new Map(gradients) });
    await model.close();
  }
  const [tuned, naive] = found as [(typeof found)[number], (typeof found)[number]];
  const what = `image ${size.image}, filters ${size.filters}`;
  if (!(Math.abs(tuned.loss - naive.loss) <= LOSS_TOLERANCE)) {
    throw new Error(`${what}: the loss of the first step is ${tuned.loss}, the naive kernels give ${naive.loss}`);
  }
  for (const [name, values] of naive.gradients) {
    const { error, index } = compare(tuned.gradients.get(name)!, values);
    if (!(error <= GRADIENT_TOLERANCE))
      throw new Error(`${what}: the gradient of ${name}[${index}] is off by ${error.toExponential(1)} of the largest`);
  }
}
