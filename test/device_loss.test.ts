import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DeviceGoneError } from '../src/engine/executor.js';
import { RandomState, setRandomSeed, streams } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { chooseNaive, type GpuExecutor } from '../src/gpu/executor.js';
import { Tuner } from '../src/gpu/tune.js';
import { gradCam } from '../src/inspect/grad_cam.js';
import { Inspector, inspect } from '../src/inspect/inspect.js';
import type { Callback } from '../src/nn/callbacks/callback.js';
import type { FitOptions } from '../src/nn/fit_options.js';
import type { Sequential } from '../src/nn/model.js';
import { rmsprop } from '../src/nn/optimizers.js';
import { exponentialDecay } from '../src/nn/schedules.js';
import { openAdapter } from '../src/node/adapter.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { LiveRun } from '../src/studio/engine/live.js';
import { losing } from './helpers/lose_devices.mjs';
import { tinyData, tinyModel, tinyNetwork } from './helpers/tiny.js';

const notices: string[] = [];
let gpu: GpuExecutor;

async function open(): Promise<GpuExecutor> {
  const { executor } = await openAdapter({
    adapter: process.env.WGRAD_ADAPTER,
    choose: chooseNaive,
    onNotice: message => void notices.push(message),
  });
  return executor;
}

beforeAll(async () => {
  gpu = await open();
});
afterEach(() => {
  losing.isGone = false;
  losing.loseAt();
  notices.length = 0;
});
afterAll(() => gpu.close());

/** Trains three epochs of five steps; everything that a loss must not change. */
async function trained(options: FitOptions = {}, make = () => tinyModel(gpu)) {
  setRandomSeed(7);
  const model = await make();
  const told = { begun: [] as number[], steps: [] as number[], epochs: [] as number[] };
  const listener: Callback = {
    onBatchBegin: (_, run) => void told.begun.push(run.model.step + 1),
    onBatchesEnd: results => void told.steps.push(...results.map(({ step }) => step)),
    onEpochEnd: epoch => void told.epochs.push(epoch),
  };
  const callbacks = [listener, ...(options.callbacks ?? [])];
  const { history } = await model.fit(tinyData(), { epochs: 3, validationData: tinyData({ shuffle: false }), ...options, callbacks });
  const file = await writeCheckpoint(model);
  await model.close();
  return { history, ...told, file, numpy: streams.numpy.state, python: streams.python.state };
}

/** How many submissions work takes. */
async function submissionsOf(work: () => Promise<unknown>): Promise<number> {
  const before = losing.submissions;
  await work();
  return losing.submissions - before;
}

describe('fit()', () => {
  test('gives the same bytes when the device is lost at any submission, and tells of each step once', async () => {
    const whole = await trained();
    const submissions = await submissionsOf(trained);
    const random = new RandomState(3);
    // 100: never but in the beginning, so that all epochs are run again.
    for (const snapshotSteps of [undefined, 2, 100, 1]) {
      const at = snapshotSteps === 100 ? submissions - 12 : 1 + random.interval(submissions - 1);
      losing.loseAt(at);
      expect(await trained({ snapshotSteps }), `lost at submission ${at} of ${submissions}`).toEqual(whole);
    }
    expect(notices.length).toBeGreaterThan(2);
    expect(notices[0]).toMatch(
      /^the GPU was lost (in step \d+ of epoch \d|at the end of epoch \d|while .*): .*VK_ERROR_DEVICE_LOST.* It is open again; going on\.$/,
    );
  });

  test('with a schedule, clipping, metrics, weights of classes and short epochs, too', async () => {
    const learningRate = exponentialDecay({ initialLearningRate: 0.01, decaySteps: 2, decayRate: 0.5 });
    const make = async (): Promise<Sequential> => {
      const model = tinyNetwork();
      const optimizer = rmsprop({ learningRate, momentum: 0.5, centered: true, globalClipnorm: 0.5, weightDecay: 0.1 });
      await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc', 'auc', 'mae'], optimizer, executor: gpu });
      return model;
    };
    const options = { classWeight: { 0: 1, 1: 2, 2: 0.5 }, stepsPerEpoch: 3, validationSteps: 2 };
    const whole = await trained(options, make);
    const submissions = await submissionsOf(() => trained(options, make));
    for (const at of [Math.floor(submissions / 3), submissions - 8]) {
      losing.loseAt(at);
      expect(await trained({ ...options, snapshotSteps: 2 }, make), `lost at submission ${at} of ${submissions}`).toEqual(whole);
    }
    expect(notices.length).toBeGreaterThan(1);
  });

  test('goes on after losses while another loss is being mended', async () => {
    const whole = await trained();
    losing.loseAt(5, 40, 43, 80);
    expect(await trained()).toEqual(whole);
    expect(notices.length).toBeGreaterThan(2);
  });

  test('held between two steps, it stands where it was for those who look, and goes on', async () => {
    const whole = await trained();
    const live = new LiveRun({ send: () => {}, signal: new AbortController().signal });
    const seen: Record<string, Float32Array>[] = [];
    const look: Callback = {
      onBatchBegin: (_, { model }) => {
        if (model.step !== 8 || seen.length > 0) return;
        return (async () => {
          seen.push(await model.getWeights());
          losing.lose();
          seen.push(await model.getWeights());
          await model.evaluate(tinyData({ shuffle: false }), { peeked: true });
        })();
      },
    };
    const { file, steps } = await trained({ callbacks: [live, look] });
    expect(seen[1]).toEqual(seen[0]);
    expect(steps).toEqual(whole.steps);
    expect(file).toEqual(whole.file);
  });

  test('without a device to be had, it ends with a model that goes on bit for bit elsewhere', async () => {
    const whole = await trained();
    setRandomSeed(7);
    const model = await tinyModel(gpu);
    const gone: Callback = {
      onBatchesEnd: results => {
        if (results.at(-1)!.step < 8) return;
        losing.isGone = true;
        losing.lose();
      },
    };
    const options = { epochs: 3, validationData: tinyData({ shuffle: false }), snapshotSteps: 2 };
    const failed = model.fit(tinyData(), { ...options, callbacks: [gone] });
    await expect(failed).rejects.toThrow(DeviceGoneError);
    await expect(failed).rejects.toThrow(
      /^the GPU was lost .*VK_ERROR_DEVICE_LOST.*could not be opened again in 3 tries: the driver does not answer.* back at step \d+/,
    );
    expect(model.step).toBeLessThan(15);
    const checkpoint = readCheckpoint('saved', await writeCheckpoint(model));
    expect(checkpoint.step).toBe(model.step);
    await model.close();
    losing.isGone = false;
    const again = await compileCheckpoint(checkpoint, gpu);
    await again.fit(tinyData(), { ...options, resume: again.training });
    expect(await writeCheckpoint(again)).toEqual(whole.file);
    await again.close();
  });

  test('gives a device up that is lost again and again with no step done', async () => {
    setRandomSeed(7);
    const model = await tinyModel(gpu);
    losing.loseAt(...Array.from({ length: 40 }, (_, i) => 7 + i));
    await expect(model.fit(tinyData(), { epochs: 3 })).rejects.toThrow(/3 times in a row/);
    losing.loseAt();
    expect(Object.keys(await model.getWeights()).length).toBeGreaterThan(0);
    await model.close();
  });
});

describe('what leaves a model as it is', () => {
  let model: Sequential;
  const x = new Float32Array(4 * 9 * 11 * 2).fill(0.5);
  const y = new Float32Array(4 * 3).fill(0);

  beforeAll(async () => {
    model = await tinyModel(gpu);
    await model.fit(tinyData(), { epochs: 1 });
  });
  afterAll(() => model.close());

  const works: Record<string, () => Promise<unknown>> = {
    'evaluate()': async () => {
      const told: number[] = [];
      const outputs: number[] = [];
      const scores = await model.evaluate(tinyData({ shuffle: false }), {
        onBatches: results => void told.push(...results.map(({ index }) => index)),
        onOutput: rows => void outputs.push(...rows),
      });
      return { scores, told, outputs };
    },
    'predict()': () => model.predict({ x, batchSize: 2 }),
    'inspect()': () => inspect(model, x, y),
    'gradCam()': () => gradCam(model, x),
    'writeCheckpoint()': () => writeCheckpoint(model),
  };

  for (const [name, work] of Object.entries(works)) {
    test(`${name} gives the same when the device is lost before it or at any of its submissions`, async () => {
      const whole = await work();
      const submissions = await submissionsOf(work);
      for (const at of new Set([0, 1, Math.ceil(submissions / 2), submissions])) {
        if (at === 0) losing.lose();
        else losing.loseAt(at);
        expect(await work(), `lost at submission ${at} of ${submissions}`).toEqual(whole);
      }
    });
  }

  test('an Inspector made before the loss inspects after it', async () => {
    const source = tinyData({ shuffle: false });
    const inspector = await Inspector.prepare(model, source);
    const batch = source.batch(0);
    const whole = await inspector.inspect(batch);
    losing.lose();
    expect(await inspector.inspect(batch)).toEqual(whole);
    inspector.release();
  });

  test('models that share a device are all as they were', async () => {
    const other = await tinyModel(gpu);
    await other.fit(tinyData(), { epochs: 1 });
    const work = () => Promise.all([model.predict({ x }), other.predict({ x }), other.evaluate(tinyData({ shuffle: false }))]);
    const whole = await work();
    losing.lose();
    expect(await work()).toEqual(whole);
    await other.close();
  });

  test('kernels are tried again, and none is left out for a loss', async () => {
    const wrong: string[] = [];
    const tuner = new Tuner({ onWrong: message => void wrong.push(message) });
    const { executor } = await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose: tuner.choose, onNotice: () => {} });
    const tuned = await tinyModel(executor);
    losing.loseAt(5, 12, 40);
    await tuned.predict({ x });
    expect(wrong).toEqual([]);
    await tuned.close();
    await executor.close();
  });

  test('a kernel in which the device is lost twice is not used', async () => {
    const wrong: string[] = [];
    const tuner = new Tuner({ onWrong: message => void wrong.push(message) });
    const { executor } = await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose: tuner.choose, onNotice: () => {} });
    const tuned = await tinyModel(executor);
    const kernelOf = executor.prepare.bind(executor);
    let bad = '';
    executor.prepare = async (plan, variantOf) => {
      const variant = plan.nodes.length === 1 ? variantOf?.(plan.nodes[0]!) : undefined;
      const name = `${plan.nodes[0]!.op}.${variant?.name}`;
      if (!bad && variant && variant.name !== executor.kernelsOf(plan.nodes[0]!)[0]!.name) bad = name;
      if (name === bad) losing.lose();
      return kernelOf(plan, variantOf);
    };
    const found = await tuned.predict({ x });
    expect(found.every(Number.isFinite)).toBe(true);
    expect(wrong).toEqual([`${bad} is not used: the GPU was lost 2 times while it was tried`]);
    await tuned.close();
    await executor.close();
  });

  test('what was done to the weights outside fit() and is lost is told', async () => {
    const other = await tinyModel(gpu);
    await other.predict({ x });
    const { executable, write } = await other.compiled.plans.get('train', tinyData());
    write(tinyData().batch(0));
    executable.run({ rows: 5, slot: 0, ...other.nextScalars });
    await executable.idle();
    losing.lose();
    await expect(other.predict({ x })).rejects.toThrow(/lost.*outside fit\(\)/);
    // They are again those from before, which is told once.
    await other.predict({ x });
    await other.close();
  });
});

test('after a loss with no device to be had, weights can be read, the model closed and compiled elsewhere', async () => {
  const executor = await open();
  const model = await tinyModel(executor);
  const before = await model.getWeights();
  losing.isGone = true;
  losing.lose();
  await expect(model.predict({ x: new Float32Array(9 * 11 * 2) })).rejects.toThrow(/while predicting.*the driver does not answer/);
  expect(await model.getWeights()).toEqual(before);
  await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  await executor.close();
  expect(await model.getWeights()).toEqual(before);
  await model.predict({ x: new Float32Array(9 * 11 * 2) });
  await model.close();
});
