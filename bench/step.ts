import { compare } from '../src/check/compare.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { ArraySource } from '../src/nn/arrays.js';
import { peek } from '../src/nn/evaluate.js';
import type { Sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { exactModel, madeUpImages, stepper } from './exact.js';
import { circumstances, formatTiming, keep, summarize, type Timing, timed, timeInTurn } from './harness.js';
import { runPeer, withPeerInput } from './peers.js';

export interface StepOptions {
  readonly batch: number;
  readonly samples: number;
  /** Whether to time TensorFlow.js too, which takes minutes. */
  readonly tfjs: boolean;
  readonly reference: boolean;
  readonly json: boolean;
}

/** How far the weights after a step may lie from the reference's, relative to the largest of each tensor: Adam's first step is a sign times the rate. */
const WEIGHT_TOLERANCE = 2e-3;
const LOSS_TOLERANCE = 1e-5;

/** Times a training step and a forward pass of the face-mask network, checked against the CPU reference first, and TensorFlow.js on the same. */
export async function benchStep(gpu: GpuExecutor, { batch, samples, tfjs, reference, json }: StepOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const model = await exactModel(gpu);
  const { source, x } = madeUpImages(batch);
  const { step, loss } = await stepper(model, source);
  const referenceTiming = reference ? await verify(model, step, loss, source, say) : undefined;
  const images = new ArraySource(x, [150, 150, 3], undefined, { batchSize: batch, shuffle: false });
  const forward = await forwardPass(model, images);
  const [train, predict] = await timeInTurn([() => timed(step), () => timed(forward)], samples, 3);
  const peer = tfjs
    ? await withPeerInput(batch, file => runPeer('tfjs.mjs', [file, `${batch}`, '2', ...adapterArgument(gpu)], say))
    : undefined;
  const result = {
    bench: 'step',
    ...circumstances(gpu.description),
    batch,
    train: train!,
    forward: predict!,
    reference: referenceTiming,
    tfjs: peer && { ...summarize(peer.train), forward: summarize(peer.forward), version: peer.version },
    gpuBytes: gpu.arena.live.bytes,
  };
  await keep('step', result);
  await model.close();
  if (json) console.log(JSON.stringify(result));
  else print(result.train, result.forward, result.reference, result.tfjs);
}

const adapterArgument = (gpu: GpuExecutor): string[] => (gpu.description.includes('llvmpipe') ? ['llvmpipe'] : []);

function print(
  train: Timing,
  forward: Timing,
  reference: Timing | undefined,
  tfjs: (Timing & { readonly forward: Timing }) | undefined,
): void {
  console.log(`train step     ${formatTiming(train)}`);
  console.log(`forward        ${formatTiming(forward)}`);
  if (reference)
    console.log(`CPU reference  ${formatTiming(reference)}  ${(reference.median / train.median).toFixed(0)} times a train step`);
  if (tfjs) {
    console.log(`TensorFlow.js  ${formatTiming(tfjs)}  ${(tfjs.median / train.median).toFixed(1)} times a train step`);
    console.log(`  its forward  ${formatTiming(tfjs.forward)}  ${(tfjs.forward.median / forward.median).toFixed(1)} times a forward pass`);
  }
}

/** Makes one step on the GPU and on the reference from the same weights and compares; the reference's time is the result. */
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
  const [weights, wantedWeights] = [await model.getWeights(), await twin.getWeights()];
  for (const [name, values] of Object.entries(wantedWeights)) {
    const { error, index } = compare(weights[name]!, values);
    if (!(error <= WEIGHT_TOLERANCE))
      throw new Error(`after one step ${name}[${index}] is off by ${error.toExponential(1)} of the largest`);
  }
  await twin.close();
  say(`Checked: loss ${found.toFixed(7)}, the reference gives ${wanted.toFixed(7)}.`);
  return summarize([ms]);
}

/** A prediction of one batch, waited for and read. */
async function forwardPass(model: Sequential, source: ArraySource): Promise<() => Promise<void>> {
  const { executable, input, output } = await model.compiled.plans.get('predict', source);
  peek(source);
  const batch = source.batch(0);
  return async () => {
    input.write(executable, batch);
    executable.run({ rows: batch.rows, step: 0 });
    await executable.read(output);
  };
}
