import type { Executor } from '../src/engine/executor.js';
import { RandomState, setRandomSeed } from '../src/engine/random.js';
import { ArraySource } from '../src/nn/arrays.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { adam, sgd } from '../src/nn/optimizers.js';

/** How the run's networks differ: each loss and each optimizer once. */
const RUNS = {
  adam: { loss: 'binaryCrossentropy', optimizer: () => adam() },
  sgd: { loss: 'categoricalCrossentropy', optimizer: () => sgd({ learningRate: 0.05, momentum: 0.9 }) },
} as const;

export type RunName = keyof typeof RUNS;
export const RUN_NAMES = Object.keys(RUNS) as RunName[];

/**
 * SHA-256 of all weights after a short seeded training, to hold one build of this project to another byte by byte. The network has a convolution that is
 * fused with its pooling, for few channels and for many, one that is not, dropout and dense layers; the last batch of an epoch is a partial one.
 */
export async function digestOfRun(name: RunName, executor: Executor): Promise<string> {
  const { loss, optimizer } = RUNS[name];
  setRandomSeed(3);
  const model = sequential(
    [
      conv2d(8, 3, { activation: 'relu', inputShape: [18, 16, 3] }),
      maxPooling2d(2),
      conv2d(12, 3, { activation: 'relu', padding: 'same' }),
      maxPooling2d(2),
      conv2d(8, [2, 3], { activation: 'relu' }),
      flatten(),
      dropout(0.3),
      dense(10, { activation: 'sigmoid' }),
      dense(2, { activation: 'softmax' }),
    ],
    { seed: 11 },
  );
  const random = new RandomState(5);
  const x = new Float32Array(14 * 18 * 16 * 3).map(() => random.random());
  const y = new Float32Array(14 * 2).map((_, i) => (Math.floor(i / 2) % 2 === i % 2 ? 1 : 0));
  await model.compile({ optimizer: optimizer(), loss, metrics: ['acc'], executor });
  await model.fit(new ArraySource(x, [18, 16, 3], y, { batchSize: 4, shuffle: false }), { epochs: 2 });
  const weights = Object.values(await model.getWeights()).flatMap(values => [...new Uint8Array(values.buffer)]);
  await model.close();
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(weights));
  return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('');
}
