import { RandomState } from '../../src/engine/random.js';
import { sizeOf } from '../../src/engine/shape.js';
import type { OnnxOptions } from '../../src/formats/onnx/write.js';
import { activation, conv2d, dense, dropout, flatten, type Layer, maxPooling2d } from '../../src/nn/layers.js';
import { type Sequential, sequential } from '../../src/nn/model.js';

const image = { inputShape: [9, 11, 3] } as const;

/** Layers that are written as ONNX, and how. Numbers of a model's weights and input: numbersFor(). */
const CASES: Readonly<Record<string, { readonly layers: () => readonly Layer[]; readonly options?: OnnxOptions }>> = {
  face_mask_small: {
    layers: () => [
      conv2d(5, 3, { activation: 'relu', ...image }),
      maxPooling2d(2),
      conv2d(6, [2, 3], { activation: 'relu' }),
      flatten(),
      dropout(0.5),
      dense(7, { activation: 'relu' }),
      dense(2, { activation: 'softmax' }),
    ],
  },
  same_and_strides: {
    layers: () => [
      conv2d(4, 3, { strides: [2, 1], padding: 'same', activation: 'relu', inputShape: [21, 18, 1] }),
      maxPooling2d([3, 2], { strides: 2, padding: 'same' }),
      conv2d(5, [2, 3]),
      activation('tanh'),
      flatten(),
      dense(1, { activation: 'sigmoid' }),
    ],
  },
  bytes_channels_first: {
    layers: () => [conv2d(4, 3, image), flatten(), dense(3, { activation: 'softmax' })],
    options: { input: { type: 'uint8', rescale: 1 / 255, channelsFirst: true, name: 'pixels' } },
  },
  rescaled_floats: {
    layers: () => [flatten(image), dense(3)],
    options: { input: { rescale: 1 / 255 }, metadata: { classes: '["a","b","c"]' } },
  },
  pixels: { layers: () => [conv2d(3, 1, { activation: 'sigmoid', ...image }), flatten()] },
  no_bias_and_gaps: {
    layers: () => [
      conv2d(4, 3, { dilationRate: [2, 1], padding: 'same', useBias: false, activation: 'relu', ...image }),
      conv2d(3, [2, 3], { dilationRate: 2 }),
      flatten(),
      dense(3, { useBias: false, activation: 'softmax' }),
    ],
  },
  features: { layers: () => [dense(4, { activation: 'tanh', inputShape: [6] }), dropout(0.1), dense(2, { activation: 'softmax' })] },
  nothing: { layers: () => [dropout(0.5, { inputShape: [6] })] },
};

export interface OnnxCase {
  readonly name: string;
  readonly model: Sequential;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** [2, ...inputShape]: from 0 to 1, or from 0 to 255 where the file rescales. In our order of axes. */
  readonly x: Float32Array;
  readonly options: OnnxOptions;
}

/** Models of given weights, with an input for each. */
export function onnxCases(): OnnxCase[] {
  return Object.entries(CASES).map(([name, { layers, options = {} }]) => {
    const random = new RandomState(14);
    const model = sequential(layers(), { name, seed: 1 });
    const weights = new Map(
      model.weightSpecs.map(({ name: weight, part, shape }): [string, Float32Array] => [
        weight,
        // A variance is no less than 0.
        new Float32Array(sizeOf(shape)).map(() => (part === 'moving_variance' ? random.uniform(0.5, 1.5) : random.uniform(-0.2, 0.2))),
      ]),
    );
    const x = new Float32Array(2 * sizeOf(model.inputShape)).map(() =>
      options.input?.rescale === undefined ? random.uniform(0, 1) : random.interval(255),
    );
    return { name, model, weights, x, options: { version: 'test', ...options } };
  });
}
