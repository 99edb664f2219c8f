import { exactModel, forwardPass, GRADIENT_TOLERANCE, madeUpImages, stepper } from '../src/bench/exact.js';
import { compare } from '../src/check/compare.js';
import type { Executable } from '../src/engine/executor.js';
import type { NumberArray } from '../src/engine/tensor.js';
import { GpuExecutable } from '../src/gpu/executable.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { measurePeak } from '../src/gpu/peak.js';
import { type DeviceProfile, type KernelTime, profileRuns } from '../src/gpu/profile.js';
import { ArraySource } from '../src/nn/arrays.js';
import type { Sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { circumstances, formatMs, formatTiming, keep, summarize, type Timing, timed, timeInTurn } from './harness.js';
import { timePeerStep } from './peers.js';

export interface StepOptions {
  readonly batch: number;
  readonly samples: number;
  readonly reference: boolean;
  readonly tfjs: boolean;
  readonly json: boolean;
}

const LOSS_TOLERANCE = 1e-5;

/**
 * Times a training step and a forward pass of the face-mask network, checked against the CPU reference first, and shows where the step's time goes; then
 * the same step in TensorFlow.js.
 */
export async function benchStep(gpu: GpuExecutor, { batch, samples, reference, tfjs, json }: StepOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const model = await exactModel(gpu);
  const { source, x } = madeUpImages(batch);
  const { executable, step, loss } = await stepper(model, source);
  const referenceTiming = reference ? await verify(model, step, loss, source, say) : undefined;
  const forward = await forwardPass(model, new ArraySource(x, model.inputShape, undefined, { batchSize: batch, shuffle: false }));
  const [train, predict] = await timeInTurn([() => timed(step), () => timed(forward)], samples, 3);
  const profile = await kernelTimes(gpu, executable, step, samples);
  const result = {
    bench: 'step',
    ...circumstances(gpu.description),
    batch,
    train: train!,
    forward: predict!,
    reference: referenceTiming,
    tfjs: tfjs ? await timePeerStep(gpu, 'tfjs.mjs', { batch, samples }, say) : undefined,
    passes: profile && sumPasses(profile.kernels),
    kernels: profile?.kernels,
    peakGflops: profile?.peakGflops,
    gpuBytes: gpu.arena.peakBytes,
    rss: process.resourceUsage().maxRSS * 1024,
  };
  await keep('step', result);
  await model.close();
  if (json) console.log(JSON.stringify(result));
  else print(result);
}

/** What each kernel takes, where the device has a clock: runs of their own, as noting it costs a little. */
async function kernelTimes(
  gpu: GpuExecutor,
  executable: Executable,
  step: () => Promise<void>,
  samples: number,
): Promise<DeviceProfile | undefined> {
  if (!(executable instanceof GpuExecutable) || !gpu.traits.features.has('timestamp-query')) return undefined;
  executable.startTiming(samples);
  for (let i = 0; i < samples; i++) await step();
  return profileRuns(executable.steps, await executable.timedRuns(), await measurePeak(gpu));
}

/** The parts that a step's time is told apart by, and which ops are theirs: the first that fits. */
const PASSES: readonly (readonly [string, RegExp])[] = [
  ['conv2d forward', /^conv2d.*_forward/],
  ['conv2d backward input', /^conv2d.*_backward_input/],
  ['conv2d backward kernel', /^conv2d.*_backward_kernel/],
  ['dense', /^dense/],
  ['rest', /./],
];

function sumPasses(kernels: readonly KernelTime[]): Record<string, number> {
  const passes = Object.fromEntries(PASSES.map(([name]) => [name, 0]));
  for (const { op, ms } of kernels) passes[PASSES.find(([, ops]) => ops.test(op))![0]]! += ms;
  return passes;
}

interface StepResult {
  readonly train: Timing;
  readonly forward: Timing;
  readonly reference: Timing | undefined;
  readonly tfjs: Timing | undefined;
  readonly passes: Readonly<Record<string, number>> | undefined;
}

function print({ train, forward, reference, tfjs, passes }: StepResult): void {
  const times = ({ median }: Timing): string => `${(median / train.median).toFixed(0)} times a train step`;
  console.log(`train step     ${formatTiming(train)}`);
  for (const [name, ms] of Object.entries(passes ?? {})) console.log(`  ${name.padEnd(23)}${formatMs(ms).padStart(9)}`);
  console.log(`forward        ${formatTiming(forward)}`);
  if (reference) console.log(`CPU reference  ${formatTiming(reference)}  ${times(reference)}`);
  if (tfjs) console.log(`TensorFlow.js  ${formatTiming(tfjs)}  ${times(tfjs)}`);
}

/**
 * Makes one step on the GPU and on the reference from the same weights and compares loss and gradients; the reference's time is the result. Weights would say
 * less: Adam's first step is a sign times the rate, also where a gradient is all but 0.
 */
async function verify(
  model: Sequential,
  step: () => Promise<void>,
  loss: () => Promise<number>,
  source: ArraySource,
  say: (line: string) => void,
): Promise<Timing> {
  say('Checking one step against the CPU reference, which takes a minute or two…');
  const twin = await exactModel(new ReferenceExecutor());
  const reference = await stepper(twin, source);
  await step();
  const ms = await timed(reference.step);
  const [found, wanted] = [await loss(), await reference.loss()];
  if (!(Math.abs(found - wanted) <= LOSS_TOLERANCE))
    throw new Error(`the loss of the first step is ${found}, the reference gives ${wanted}`);
  const gradients = await firstGradients(model);
  for (const [name, values] of await firstGradients(twin)) {
    const { error, index } = compare(gradients.get(name)!, values);
    if (!(error <= GRADIENT_TOLERANCE))
      throw new Error(`the first gradient of ${name}, number ${index}, is off by ${error.toExponential(1)} of the largest`);
  }
  await twin.close();
  say(`Checked: loss ${found.toFixed(7)}, the reference gives ${wanted.toFixed(7)}.`);
  return summarize([ms]);
}

/** The gradients of a model's first step but for a factor, by the parameters' names: Adam's running means, which began at 0. */
async function firstGradients({ compiled: { executor, parameters } }: Sequential): Promise<Map<string, NumberArray>> {
  const means = new Map<string, NumberArray>();
  for (const { variable, slots } of parameters) means.set(variable.name, await executor.read(slots.moment!));
  return means;
}
