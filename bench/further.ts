import type { Executor } from '../src/engine/executor.js';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  reLu,
  separableConv2d,
  zeroPadding2d,
} from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { l2 } from '../src/nn/regularizers.js';

/** Rows and columns of the pictures of furtherModels(). */
export const FURTHER_SIZE = [112, 112] as const;

/** Networks of the layers that the face-mask network has not, of the sizes that small networks for phones have, one for each way to end. */
export async function furtherModels(executor: Executor): Promise<Sequential[]> {
  const models = [globalAveragePooling2d(), globalMaxPooling2d()].map(ending =>
    sequential(
      [
        conv2d(32, 3, { strides: 2, padding: 'same', useBias: false, inputShape: [...FURTHER_SIZE, 3] }),
        batchNormalization(),
        reLu(),
        depthwiseConv2d(3, { padding: 'same', useBias: false, activation: 'relu' }),
        averagePooling2d(2),
        zeroPadding2d(1),
        separableConv2d(64, 3, { activation: 'relu' }),
        ending,
        dense(1024, { kernelRegularizer: l2(0.001) }),
        dense(2, { activation: 'softmax' }),
      ],
      { seed: 2022 },
    ),
  );
  for (const model of models) await model.compile({ loss: 'binaryCrossentropy', metrics: ['acc'], executor });
  return models;
}
