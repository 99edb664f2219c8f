import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exactModel, forwardPass, madeUpImages, stepper } from '../src/bench/exact.js';
import { writeSafetensors } from '../src/formats/safetensors.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { ArraySource } from '../src/nn/arrays.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { faceMaskNetwork } from '../src/nn/networks.js';
import { adam } from '../src/nn/optimizers.js';
import { circumstances, formatMs, formatTiming, keep, summarize, type Timing, timed } from './harness.js';
import { installPeers, Peer } from './peer.js';

export interface PeersOptions {
  readonly batch: number;
  readonly samples: number;
  /** A Python that has TensorFlow, PyTorch, or onnxruntime and onnx, or all. */
  readonly python: string | undefined;
  /** Only peers whose script's name has this in it. */
  readonly only: string | undefined;
  readonly json: boolean;
}

/**
 * Everyone trains with this rate, so that losses can be compared: Adam's first step is a sign times the rate, and at 1e-3 the signs of the smallest
 * gradients, which rounding decides, move the next loss by several percent.
 */
const LEARNING_RATE = 1e-5;

/** How far peers' numbers may lie from ours: probabilities, and the losses of the first two steps. */
const TOLERANCE = { probabilities: 1e-4, losses: [1e-4, 1e-3] } as const;

/** A job that takes longer than this in its warm-up is sampled less often. */
const SLOW_MS = 10_000;
const SLOW_SAMPLES = 2;

const samplesOf = (warmUpMs: number, wanted: number): number => (warmUpMs > SLOW_MS ? Math.min(SLOW_SAMPLES, wanted) : wanted);

/** Runs of ours that don't count. */
const WARM_UPS = 3;

const JOBS = ['train', 'predict'] as const;
type Job = (typeof JOBS)[number];

/** Someone who does the jobs: we or a peer. */
interface Contender {
  readonly name: string;
  readonly jobs: readonly Job[];
  /** Milliseconds of each job's warm-up. */
  readonly warmUp: Readonly<Record<Job, number>>;
  sample(job: Job): Promise<{ readonly ms: number; readonly gpuBytes?: number; readonly rss?: number }>;
}

interface Standing extends Partial<Record<Job, Timing>> {
  readonly name: string;
  readonly gpuBytes?: number | undefined;
  readonly rss?: number | undefined;
}

/** Times a training step and a prediction of the face-mask network here and in other programs, in turn, after checking that all compute the same. */
export async function benchPeers(gpu: GpuExecutor, { batch, samples, python, only = '', json }: PeersOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await withPeerInput(batch, async file => {
    const wanted = scripts(file, gpu, python).filter(({ script }) => script.includes(only));
    if (!python) say('TensorFlow, PyTorch and onnxruntime are absent: give a Python that has them with --python PATH.');
    await installPeers(say).catch((error: Error) => say(`TensorFlow.js and jax-js are left out: ${error.message}`));
    const expected = await expectations(gpu, batch);
    const contenders: Contender[] = [await ourselves(gpu, batch)];
    const peers: Peer[] = [];
    try {
      for (const { script, args, program } of wanted) {
        try {
          const peer = await Peer.start(script, args, program);
          peers.push(peer);
          contenders.push(contenderOf(peer, await verifyPeer(peer, expected, say)));
        } catch (error) {
          say(`${[script, ...args.slice(1)].join(' ')} is left out: ${(error as Error).message}`);
        }
      }
      const standings = await compete(contenders, samples, say);
      const result = { bench: 'peers', ...circumstances(gpu.description), batch, standings };
      await keep('peers', result);
      if (json) console.log(JSON.stringify(result));
      else print(standings);
    } finally {
      await Promise.all(peers.map(peer => peer.stop()));
    }
  });
}

/**
 * A training step of one peer, checked first, in two samples where it is slow; undefined, with the reason said, where it does not run here.
 * `script` is the name of its file in bench/peers.
 */
export async function timePeerStep(
  gpu: GpuExecutor,
  script: string,
  { batch, samples }: Pick<PeersOptions, 'batch' | 'samples'>,
  say: (line: string) => void,
): Promise<Timing | undefined> {
  return withPeerInput(batch, async file => {
    let peer: Peer | undefined;
    try {
      const { args } = scripts(file, gpu, undefined).find(each => each.script === script)!;
      await installPeers(say);
      peer = await Peer.start(script, args);
      const { train } = await verifyPeer(peer, await expectations(gpu, batch), say);
      const ms: number[] = [];
      for (let i = 0; i < samplesOf(train, samples); i++) ms.push((await peer.sample('train')).ms);
      return summarize(ms);
    } catch (error) {
      say(`${script} is left out: ${(error as Error).message}`);
      return undefined;
    } finally {
      await peer?.stop();
    }
  });
}

/** Scripts, and what they are told besides the file. */
const IN_PYTHON: readonly (readonly [string, ...string[]])[] = [
  ['tensorflow_peer.py'],
  ['onnxruntime_peer.py'],
  ...['eager', 'graph', 'eager-tf32', 'graph-tf32'].map(mode => ['torch_peer.py', mode] as const),
];

function scripts(file: string, gpu: GpuExecutor, python: string | undefined): { script: string; args: string[]; program?: string }[] {
  const adapter = gpu.description.includes('llvmpipe') ? ['llvmpipe'] : [];
  return [
    { script: 'tfjs.mjs', args: [file, ...adapter] },
    { script: 'jax.mjs', args: [file, ...adapter] },
    ...(python ? IN_PYTHON.map(([script, ...modes]) => ({ script, args: [file, ...modes], program: python })) : []),
  ];
}

/** Writes the weights and the pictures that every peer computes with to a file that lives as long as `work`. */
async function withPeerInput<T>(batch: number, work: (file: string) => Promise<T>): Promise<T> {
  const model = faceMaskNetwork({ seed: 2022 });
  const weights = await model.getWeights();
  const { x, y } = madeUpImages(batch);
  const named = model.weightSpecs.map(({ name, shape }) => [name, { shape, data: weights[name]! }] as const);
  const tensors = new Map([...named, ['x', { shape: [batch, 150, 150, 3], data: x }], ['y', { shape: [batch, 2], data: y }]]);
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-bench-'));
  try {
    const file = join(folder, 'input.safetensors');
    await writeFile(file, writeSafetensors({ tensors, metadata: {} }));
    return await work(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What we compute, for peers to agree with. */
interface Expectations {
  readonly probabilities: Float32Array;
  /** Losses of the first two steps, by which binary cross-entropy it is. */
  readonly losses: Readonly<Record<'logits' | 'probs', readonly number[]>>;
}

/** The face-mask network without its dropout, which no two programs draw alike. */
function withoutDropout(weights: Readonly<Record<string, Float32Array>>): Sequential {
  const layers = faceMaskNetwork({ seed: 2022 }).layers.map(({ layer }) => layer);
  const model = sequential(
    layers.filter(({ className }) => className !== 'Dropout'),
    { seed: 2022 },
  );
  model.setWeights(weights);
  return model;
}

async function expectations(gpu: GpuExecutor, batch: number): Promise<Expectations> {
  const weights = await faceMaskNetwork({ seed: 2022 }).getWeights();
  const { x, source } = madeUpImages(batch);
  const losses = { logits: [0, 0], probs: [0, 0] };
  let probabilities = new Float32Array();
  for (const from of ['logits', 'probs'] as const) {
    const model = withoutDropout(weights);
    await model.compile({ optimizer: adam({ learningRate: LEARNING_RATE }), loss: { name: 'binaryCrossentropy', from }, executor: gpu });
    probabilities = Float32Array.from(await model.predict({ x, batchSize: batch }));
    const { step, loss } = await stepper(model, source);
    for (let i = 0; i < 2; i++) {
      await step();
      losses[from][i] = await loss();
    }
    await model.close();
  }
  return { probabilities, losses };
}

/** Throws where a peer computes something else. Its jobs are warm then: what the last of each took. */
async function verifyPeer(peer: Peer, expected: Expectations, say: (line: string) => void): Promise<Record<Job, number>> {
  const { peer: name, version, lossFrom, tolerance: times = 1 } = peer.hello;
  say(`Checking ${name} ${version}…`);
  const { ms: predict, probabilities } = await peer.sample('predict');
  const furthest = probabilities!.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.probabilities[i]!)), 0);
  if (!(furthest <= times * TOLERANCE.probabilities)) throw new Error(`a probability of ${name} is off by ${furthest.toExponential(1)}`);
  const warmUp = { train: 0, predict };
  if (!lossFrom) return warmUp;
  for (const [i, tolerance] of TOLERANCE.losses.entries()) {
    const { ms, loss } = await peer.sample('train');
    warmUp.train = ms;
    const wanted = expected.losses[lossFrom][i]!;
    if (!(Math.abs(loss! - wanted) <= times * tolerance)) throw new Error(`loss ${i + 1} of ${name} is ${loss}, we have ${wanted}`);
  }
  return warmUp;
}

function contenderOf(peer: Peer, warmUp: Readonly<Record<Job, number>>): Contender {
  const { peer: name, version, backend } = peer.hello;
  return {
    name: `${name} ${version} (${backend})`,
    jobs: peer.canTrain ? JOBS : ['predict'],
    warmUp,
    sample: job => peer.sample(job),
  };
}

async function ourselves(gpu: GpuExecutor, batch: number): Promise<Contender> {
  const model = await exactModel(gpu);
  const { source, x } = madeUpImages(batch);
  const { step } = await stepper(model, source);
  const work = {
    train: step,
    predict: await forwardPass(model, new ArraySource(x, model.inputShape, undefined, { batchSize: batch, shuffle: false })),
  };
  const warmUp = { train: 0, predict: 0 };
  for (const job of JOBS) for (let i = 0; i < WARM_UPS; i++) warmUp[job] = await timed(work[job]);
  return {
    name: 'wgrad',
    jobs: JOBS,
    warmUp,
    async sample(job) {
      const ms = await timed(work[job]);
      return { ms, gpuBytes: gpu.arena.peakBytes, rss: process.resourceUsage().maxRSS * 1024 };
    },
  };
}

/** Rounds in which every contender does a job once; those that are slow sit out after a few. */
async function compete(contenders: readonly Contender[], rounds: number, say: (line: string) => void): Promise<Standing[]> {
  const scores = contenders.map(contender => ({ contender, ms: { train: [] as number[], predict: [] as number[] }, memory: {} }));
  for (const job of JOBS) {
    const able = scores.filter(({ contender }) => contender.jobs.includes(job));
    const roundsOf = ({ warmUp }: Contender): number => samplesOf(warmUp[job], rounds);
    for (const { contender } of able) {
      const its = roundsOf(contender);
      if (its < rounds) say(`${contender.name} takes ${formatMs(contender.warmUp[job])} to ${job}: ${its} samples of it, not ${rounds}.`);
    }
    for (let round = 0; round < rounds; round++) {
      for (const score of able) {
        if (round >= roundsOf(score.contender)) continue;
        const { ms, gpuBytes, rss } = await score.contender.sample(job);
        score.ms[job].push(ms);
        score.memory = { gpuBytes, rss };
      }
    }
  }
  return scores.map(({ contender: { name }, ms, memory }) => ({
    name,
    ...(ms.train.length > 0 && { train: summarize(ms.train) }),
    ...(ms.predict.length > 0 && { predict: summarize(ms.predict) }),
    ...memory,
  }));
}

function print(standings: readonly Standing[]): void {
  for (const job of JOBS) {
    console.log(job === 'train' ? 'train step' : 'prediction');
    const ours = standings[0]![job]!;
    for (const { name, [job]: timing } of standings) {
      if (!timing) continue;
      const ratio = timing === ours ? '' : `  ${(timing.median / ours.median).toPrecision(3)} x`;
      console.log(`  ${name.padEnd(32)}${formatTiming(timing)}  ${timing.samples} samples${ratio}`);
    }
  }
}
