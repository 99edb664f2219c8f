import { expect, test } from 'vitest';
import { RandomState, setRandomSeed, streams } from '../src/engine/random.js';
import { writeCheckpoint } from '../src/formats/checkpoint.js';
import { chooseNaive, type GpuExecutor } from '../src/gpu/executor.js';
import type { Callback } from '../src/nn/callbacks/callback.js';
import type { FitOptions } from '../src/nn/fit.js';
import { openAdapter } from '../src/node/adapter.js';
import { useLosing } from './helpers/losing.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

const losing = useLosing();
const notices: string[] = [];

async function withGpu<T>(work: (gpu: GpuExecutor) => Promise<T>): Promise<T> {
  notices.length = 0;
  const { executor } = await openAdapter({
    adapter: process.env.WGRAD_ADAPTER,
    choose: chooseNaive,
    onNotice: message => void notices.push(message),
  });
  try {
    return await work(executor);
  } finally {
    await executor.close();
  }
}

interface Told {
  readonly begun: number[];
  readonly steps: number[];
  readonly epochs: number[];
}

function listener(): Told & Callback {
  const told: Told = { begun: [], steps: [], epochs: [] };
  return {
    ...told,
    onBatchBegin: (_, { model }) => void told.begun.push(model.step + 1),
    onBatchesEnd: results => void told.steps.push(...results.map(({ step }) => step)),
    onEpochEnd: epoch => void told.epochs.push(epoch),
  };
}

/** Trains three epochs of five steps; everything that a loss must not change. */
async function trained(gpu: GpuExecutor, options: FitOptions = {}) {
  setRandomSeed(7);
  const model = await tinyModel(gpu);
  const told = listener();
  const { history } = await model.fit(tinyData(), {
    epochs: 3,
    validationData: tinyData({ shuffle: false }),
    ...options,
    callbacks: [told, ...(options.callbacks ?? [])],
  });
  const { begun, steps, epochs } = told;
  const file = await writeCheckpoint(model);
  await model.close();
  return { history, begun, steps, epochs, file, numpy: streams.numpy.state.position, python: streams.python.state.position };
}

test('fit() gives the same bytes when the device is lost at any submission, and tells of each step once', async () => {
  await withGpu(async gpu => {
    const before = losing.submissions;
    const whole = await trained(gpu);
    const submissions = losing.submissions - before;
    const random = new RandomState(3);
    for (let i = 0; i < 5; i++) {
      const at = 1 + random.interval(submissions - 1);
      losing.loseAt(at);
      const again = await trained(gpu, i % 2 === 0 ? {} : { snapshotSteps: 2 });
      expect(again, `lost at submission ${at} of ${submissions}`).toEqual(whole);
    }
    expect(notices.length).toBeGreaterThan(3);
    expect(notices[0]).toMatch(
      /^the GPU was lost (in step \d+ of epoch \d|while .*): .*VK_ERROR_DEVICE_LOST.* It is open again; going on\.$/,
    );
  });
});
