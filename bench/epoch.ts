import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { exactModel, forwardPass, stepper } from '../src/bench/exact.js';
import { imageDataGenerator } from '../src/data/directory.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import type { Callback } from '../src/nn/callbacks/callback.js';
import { modelCheckpoint } from '../src/node.js';
import { AUGMENTATION } from '../src/run/augmentation.js';
import { RESCALE } from '../src/run/values.js';
import { faces, photographs } from './faces.js';
import { circumstances, formatMs, formatTiming, keep, type Timing, timed, timeInTurn } from './harness.js';

export interface EpochOptions {
  readonly batch: number;
  readonly samples: number;
  /** Training steps and validation batches of the epoch, at most. */
  readonly steps: number | undefined;
  readonly json: boolean;
}

/** What an epoch took, in milliseconds. */
interface EpochTime {
  readonly training: number;
  readonly validation: number;
  /** Checkpoints and the rest. */
  readonly rest: number;
  /** Share of the training's time in which the JavaScript thread did something, and cores that the whole process used. */
  readonly jsBusy: number;
  readonly cores: number;
}

/**
 * Times an epoch of the seed's program – augmentation, validation, a checkpoint of the best – against what its steps and its forward passes take one by
 * one: the difference is what feeding the device, waiting for it and reporting cost. The epoch is the second: the first compiles.
 */
export async function benchEpoch(gpu: GpuExecutor, { batch, samples, steps, json }: EpochOptions): Promise<void> {
  const limit = steps === undefined ? {} : { limit: steps * batch };
  const train = await faces(imageDataGenerator({ rescale: RESCALE, ...AUGMENTATION }), 'train', {
    batchSize: batch,
    shuffle: true,
    ...limit,
  });
  const validation = await faces(imageDataGenerator({ rescale: RESCALE }), 'test', { batchSize: batch, shuffle: true, ...limit });
  const model = await exactModel(gpu);
  const clock = new EpochClock();
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-bench-'));
  try {
    const checkpoint = modelCheckpoint({ filepath: join(folder, 'best.safetensors'), saveBestOnly: true });
    await model.fit(train, { epochs: 2, validationData: validation, callbacks: [clock, checkpoint, { onEpochEnd: () => clock.end() }] });
  } finally {
    await rm(folder, { recursive: true });
  }
  const { step } = await stepper(model, train);
  const forward = await forwardPass(model, validation);
  const [one, pass] = await timeInTurn([() => timed(step), () => timed(forward)], samples, 2);
  const epoch = clock.time;
  const whole = epoch.training + epoch.validation + epoch.rest;
  const ideal = train.length * one!.median + validation.length * pass!.median;
  const result = {
    bench: 'epoch',
    ...circumstances(gpu.description),
    batch,
    images: photographs ? 'photographs' : 'drawn faces',
    steps: train.length,
    validationBatches: validation.length,
    step: one!,
    forward: pass!,
    epoch: { ms: whole, ...epoch },
    ideal,
    overhead: whole / ideal - 1,
  };
  await keep('epoch', result);
  await model.close();
  if (json) console.log(JSON.stringify(result));
  else print(result);
}

/** Notes when the parts of each epoch begin and end; the last epoch's are kept. */
class EpochClock implements Callback {
  #begin = { at: 0, loop: performance.eventLoopUtilization(), cpu: process.cpuUsage() };
  #training = { ms: 0, jsBusy: 0, cores: 0 };
  #validated = 0;
  #ended = 0;

  onEpochBegin(): void {
    this.#begin = { at: performance.now(), loop: performance.eventLoopUtilization(), cpu: process.cpuUsage() };
  }

  onTestBegin(): void {
    const ms = performance.now() - this.#begin.at;
    const { user, system } = process.cpuUsage(this.#begin.cpu);
    const jsBusy = performance.eventLoopUtilization(this.#begin.loop).utilization;
    this.#training = { ms, jsBusy, cores: (user + system) / 1000 / ms };
  }

  onTestEnd(): void {
    this.#validated = performance.now();
  }

  /** To be called when the last callback of an epoch's end is done. */
  end(): void {
    this.#ended = performance.now();
  }

  get time(): EpochTime {
    const { ms, jsBusy, cores } = this.#training;
    return { training: ms, validation: this.#validated - this.#begin.at - ms, rest: this.#ended - this.#validated, jsBusy, cores };
  }
}

function print(result: {
  readonly steps: number;
  readonly validationBatches: number;
  readonly step: Timing;
  readonly forward: Timing;
  readonly epoch: EpochTime & { readonly ms: number };
  readonly ideal: number;
  readonly overhead: number;
}): void {
  const { steps, validationBatches, step, forward, epoch, ideal, overhead } = result;
  console.log(`step         ${formatTiming(step)}`);
  console.log(`forward      ${formatTiming(forward)}`);
  console.log(`one by one   ${formatMs(ideal)}: ${steps} steps and ${validationBatches} forward passes`);
  console.log(`epoch        ${formatMs(epoch.ms)}: ${(100 * overhead).toFixed(1)} % more`);
  console.log(`  training   ${formatMs(epoch.training)}, ${formatMs(epoch.training / steps)} a step`);
  console.log(`  validation ${formatMs(epoch.validation)}, ${formatMs(epoch.validation / validationBatches)} a batch`);
  console.log(`  the rest   ${formatMs(epoch.rest)}`);
  console.log(`JavaScript busy ${(100 * epoch.jsBusy).toFixed(1)} % of the training, the whole process ${epoch.cores.toFixed(2)} cores`);
}
