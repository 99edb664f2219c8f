import { expect, test } from 'vitest';
import type { Executor } from '../src/engine/executor.js';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  separableConv2d,
} from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { sgd } from '../src/nn/optimizers.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { uniform } from './helpers/foreign.js';
import { useTunedGpu } from './helpers/tuned.js';

const { gpu } = useTunedGpu();

test.each([
  ['mean', globalAveragePooling2d],
  ['largest', globalMaxPooling2d],
])('layers with kernels to choose from train by those that the tuner chooses, as on the reference: %s', async (_, pool) => {
  const losses = async (executor: Executor): Promise<readonly number[]> => {
    const layers = [
      conv2d(4, 3, { useBias: false, inputShape: [8, 8, 3] }),
      batchNormalization(),
      depthwiseConv2d(3, { activation: 'relu' }),
      averagePooling2d(2),
      separableConv2d(5, 2, { activation: 'relu' }),
      pool(),
      dense(120, { kernelRegularizer: 'l2' }),
      dense(2, { activation: 'softmax' }),
    ];
    const model = sequential(layers, { seed: 0 });
    await model.compile({ optimizer: sgd(), loss: 'binaryCrossentropy', executor });
    const data = { x: uniform(1, 4 * 8 * 8 * 3), y: Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0), batchSize: 4, shuffle: false };
    const { history } = await model.fit(data, { epochs: 3 });
    await model.close();
    return history.loss!;
  };
  const wanted = await losses(new ReferenceExecutor());
  const found = await losses(gpu());
  for (const [i, loss] of found.entries()) expect(loss).toBeCloseTo(wanted[i]!, 5);
});
