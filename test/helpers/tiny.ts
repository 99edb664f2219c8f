import type { Executor } from '../../src/engine/executor.js';
import { RandomState } from '../../src/engine/random.js';
import { ArraySource } from '../../src/nn/arrays.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../../src/nn/layers.js';
import { type Sequential, sequential } from '../../src/nn/model.js';
import type { Optimizer } from '../../src/nn/optimizers.js';

/** A network of every kind of layer for 9x11x2 images in three classes. */
export const tinyNetwork = (): Sequential =>
  sequential(
    [
      conv2d(4, 3, { activation: 'relu', inputShape: [9, 11, 2] }),
      maxPooling2d(2),
      conv2d(5, [2, 3], { activation: 'relu', padding: 'same' }),
      flatten(),
      dropout(0.3),
      dense(6, { activation: 'relu' }),
      dense(3, { activation: 'softmax' }),
    ],
    { seed: 4 },
  );

/** The same, compiled. */
export async function tinyModel(executor: Executor, optimizer?: Optimizer): Promise<Sequential> {
  const model = tinyNetwork();
  await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor, ...(optimizer && { optimizer }) });
  return model;
}

/** 23 such images of noise: with batches of 5 the last one is of 3 rows. */
export function tinyData(options: { readonly shuffle?: boolean } = {}): ArraySource {
  const random = new RandomState(8);
  const x = new Float32Array(23 * 9 * 11 * 2).map(() => random.uniform(-1, 1));
  const y = new Float32Array(23 * 3);
  for (let row = 0; row < 23; row++) y[row * 3 + random.interval(2)] = 1;
  return new ArraySource(x, [9, 11, 2], y, { batchSize: 5, ...options });
}
