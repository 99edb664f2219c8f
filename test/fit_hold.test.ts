import { expect, test } from 'vitest';
import { setRandomSeed } from '../src/engine/random.js';
import type { Callback } from '../src/nn/callbacks/callback.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { LiveRun } from '../src/studio/engine/live.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

/** Trains two epochs of five steps and gives the weights. */
async function trained(callback: Callback, signal?: AbortSignal) {
  setRandomSeed(7);
  const model = await tinyModel(new ReferenceExecutor());
  const { interrupted } = await model.fit(tinyData({ shuffle: false }), { epochs: 2, callbacks: [callback], signal });
  return { weights: await model.getWeights(), step: model.step, interrupted };
}

const turn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 20));

test('onBatchBegin() holds a step back, everything before it is told meanwhile, and the numbers stay the same', async () => {
  const begun: number[] = [];
  const told: number[] = [];
  let release: (() => void) | undefined;
  const held = trained({
    onBatchBegin: (index, { model }) => {
      begun.push(index);
      if (model.step !== 3) return;
      return new Promise<void>(resolve => {
        release = resolve;
      });
    },
    onBatchesEnd: results => void told.push(...results.map(({ step }) => step)),
  });
  while (!release) await turn();
  await turn();
  expect(begun).toEqual([0, 1, 2, 3]);
  expect(told).toEqual([1, 2, 3]);
  release();
  const { weights, step } = await held;
  expect(step).toBe(10);
  expect(begun).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const free = await trained({});
  for (const [name, values] of Object.entries(free.weights)) expect(values, name).toEqual(weights[name]);
});

test('a run that is aborted while held ends without another step', async () => {
  const stop = new AbortController();
  const { step, interrupted } = await trained(
    {
      onBatchBegin: (_, { model }) => {
        if (model.step !== 2) return;
        stop.abort();
        return turn();
      },
    },
    stop.signal,
  );
  expect(step).toBe(2);
  expect(interrupted).toBe(true);
});

test('a live run ends only after the job under way, as whoever ends it closes the model next', async () => {
  const live = new LiveRun({ send: () => {}, signal: new AbortController().signal });
  const order: string[] = [];
  const job = live.do(async () => {
    await turn();
    order.push('job');
  });
  await live.end();
  order.push('end');
  await job;
  expect(order).toEqual(['job', 'end']);
});
