import { RandomState } from '../../src/engine/random.js';
import { sizeOf } from '../../src/engine/shape.js';
import type { ModelFile, OnnxInput } from '../../src/formats/model_file.js';
import { ACTIVATION_NAMES } from '../../src/nn/activations.js';
import { slotsOf } from '../../src/nn/base_model.js';
import type { CompileConfig } from '../../src/nn/config.js';
import {
  activation,
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  elu,
  flatten,
  globalAveragePooling2d,
  globalMaxPooling2d,
  type Layer,
  leakyReLu,
  maxPooling2d,
  reLu,
  rescaling,
  reshape,
  separableConv2d,
  softmax,
  spatialDropout2d,
  zeroPadding2d,
} from '../../src/nn/layers.js';
import type { LossName } from '../../src/nn/losses.js';
import { sequential } from '../../src/nn/model.js';
import { adam, OPTIMIZERS, type Optimizer, rmsprop, sgd } from '../../src/nn/optimizers.js';
import { l2 } from '../../src/nn/regularizers.js';

const image = { inputShape: [9, 11, 3] } as const;

interface Case {
  readonly layers: () => readonly Layer[];
  readonly onnx?: OnnxInput;
  /** How far weights lie from 0 at most; default 0.2. */
  readonly spread?: number;
  /** How it goes on being trained. */
  readonly train?: { readonly optimizer: Optimizer; readonly loss: LossName };
}

/** Models whose files other programs judged. */
const CASES: Readonly<Record<string, Case>> = {
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
  momentum: {
    layers: () => [conv2d(4, 3, { useBias: false, ...image }), flatten(), dense(3, { activation: 'softmax' })],
    train: { optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), loss: 'categoricalCrossentropy' },
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
    train: { optimizer: adam({ learningRate: 0.01 }), loss: 'binaryCrossentropy' },
  },
  bytes_channels_first: {
    layers: () => [conv2d(4, 3, image), flatten(), dense(3, { activation: 'softmax' })],
    onnx: { type: 'uint8', rescale: 1 / 255, channelsFirst: true, name: 'pixels' },
  },
  rescaled_floats: { layers: () => [flatten(image), dense(3)], onnx: { rescale: 1 / 255 } },
  no_bias_and_gaps: {
    layers: () => [
      conv2d(4, 3, { dilationRate: [2, 1], padding: 'same', useBias: false, activation: 'relu', ...image }),
      conv2d(3, [2, 3], { dilationRate: 2 }),
      flatten(),
      dense(3, { useBias: false, activation: 'softmax' }),
    ],
  },
  depthwise: {
    layers: () => [
      zeroPadding2d([1, 2], image),
      depthwiseConv2d(3, { depthMultiplier: 2, strides: 2, padding: 'same', activation: 'relu' }),
      separableConv2d(4, [2, 3], { depthMultiplier: 3, activation: 'tanh' }),
      separableConv2d(3, 2, { useBias: false }),
      globalAveragePooling2d(),
      dense(2, { activation: 'softmax' }),
    ],
    train: { optimizer: sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }), loss: 'categoricalCrossentropy' },
  },
  pools: {
    layers: () => [
      rescaling(2, { offset: -1, ...image }),
      averagePooling2d([3, 2], { padding: 'same', strides: 2 }),
      averagePooling2d(2),
      conv2d(4, 1, { kernelInitializer: 'he_normal', kernelRegularizer: l2(0.01) }),
      globalMaxPooling2d(),
      dense(2, { activation: 'softmax' }),
    ],
    train: { optimizer: rmsprop({ learningRate: 0.01, momentum: 0.5 }), loss: 'categoricalCrossentropy' },
  },
  batch_norm: {
    layers: () => [
      conv2d(4, 3, { useBias: false, ...image }),
      batchNormalization({ momentum: 0.9 }),
      activation('relu'),
      flatten(),
      batchNormalization({ epsilon: 0.1 }),
      dense(2, { activation: 'softmax' }),
    ],
    train: { optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }), loss: 'categoricalCrossentropy' },
  },
  batch_norm_parts: {
    layers: () => [batchNormalization({ scale: false, ...image }), flatten(), batchNormalization({ center: false }), dense(2)],
  },
  shapes: {
    layers: () => [
      reshape([11, 27], image),
      reshape([27, 11, 1]),
      conv2d(2, 2),
      reLu(),
      leakyReLu(),
      elu(),
      flatten(),
      dense(4),
      softmax(),
    ],
    train: { optimizer: sgd({ learningRate: 0.1 }), loss: 'categoricalCrossentropy' },
  },
  relus: {
    layers: () => [
      conv2d(3, 1, image),
      reLu({ maxValue: 0.1, negativeSlope: 0.1 }),
      conv2d(3, 1),
      reLu({ maxValue: 0.1 }),
      conv2d(3, 1),
      reLu({ threshold: 0.02, negativeSlope: 0.3 }),
      elu({ alpha: 0.5 }),
      spatialDropout2d(0.3),
      flatten(),
    ],
  },
  features: { layers: () => [dense(4, { activation: 'tanh', inputShape: [6] }), dropout(0.1), dense(2, { activation: 'softmax' })] },
  nothing: { layers: () => [dropout(0.5, { inputShape: [6] })] },
  ...Object.fromEntries(
    ACTIVATION_NAMES.map(name => [
      `activation_${name}`,
      { spread: 1, layers: () => [conv2d(3, 1, { activation: name, inputShape: [3, 2, 2] }), flatten()] },
    ]),
  ),
};

export interface WrittenCase {
  readonly name: string;
  readonly file: ModelFile;
  /** [2, ...inputShape]: from 0 to 1, or from 0 to 255 where the file rescales. In our order of axes. */
  readonly x: Float32Array;
  /** [2, units], where it goes on being trained. */
  readonly y?: Float32Array | undefined;
  readonly onnx: OnnxInput;
}

/** Models of given weights and moments, after three steps, with an input for each. */
export function writtenCases(): WrittenCase[] {
  return Object.entries(CASES).map(([name, { layers, onnx = {}, spread = 0.2, train }]) => {
    const random = new RandomState(14);
    const draw = (count: number, low: number, high: number): Float32Array => new Float32Array(count).map(() => random.uniform(low, high));
    const model = sequential(layers(), { name, seed: 1 });
    const weights = new Map(
      model.weightSpecs.map(({ name: weight, part, shape }): [string, Float32Array] => [
        weight,
        // A variance is no less than 0.
        part === 'moving_variance' ? draw(sizeOf(shape), 0.5, 1.5) : draw(sizeOf(shape), -spread, spread),
      ]),
    );
    const x = new Float32Array(2 * sizeOf(model.inputShape)).map(() =>
      onnx.rescale === undefined ? random.uniform(0, 1) : random.interval(255),
    );
    const [units] = model.outputShape as [number];
    const y = train && Float32Array.from({ length: 2 * units }, (_, i) => (i % (units + 1) === 0 ? 1 : 0));
    const compile = train && compileOf(train.optimizer, train.loss);
    const moments = new Map<string, Float32Array>();
    for (const weight of train ? model.weightSpecs.filter(({ trainable }) => trainable) : []) {
      for (const [slot, variable] of Object.entries(slotsOf(weight, train!.optimizer))) {
        const { isPositive } = OPTIMIZERS[train!.optimizer.name].slots[slot]!;
        moments.set(variable.name, isPositive ? draw(sizeOf(weight.shape), 1e-4, 1e-3) : draw(sizeOf(weight.shape), -0.01, 0.01));
      }
    }
    const file: ModelFile = { kind: 'safetensors', model, weights, compile, step: train ? 3 : 0, moments, extra: {}, notes: [] };
    return { name, file, x, y, onnx };
  });
}

const compileOf = ({ name, learningRate, config }: Optimizer, loss: LossName): CompileConfig => ({
  optimizer: { name, learningRate, config },
  loss: { name: loss, from: 'logits' },
  metrics: ['acc'],
});
