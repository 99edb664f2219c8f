import { describe, expect, test } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { modelFromKeras, modelToKeras } from '../src/formats/keras/config.js';
import { type InitializerConfig, type InitializerOption, readInitializer } from '../src/nn/initializers.js';
import type { PlacedLayer } from '../src/nn/layer_stack.js';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import keras from './fixtures/keras_weights.json' with { type: 'json' };

/** The model of test/fixtures/keras_weights.py. */
const network = (initializer: unknown): Sequential => {
  const of = initializer as InitializerOption;
  return sequential(
    [
      conv2d(5, [3, 2], { kernelInitializer: of, biasInitializer: of, inputShape: [5, 4, 3] }),
      flatten(),
      dense(2, { kernelInitializer: of, biasInitializer: 'ones' }),
    ],
    { seed: 11 },
  );
};

const floats = (base64: string): Float32Array => {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer, 0, bytes.length / 4);
};

/** Units in the last place between numbers, one by one. */
function distances(found: Float32Array, wanted: Float32Array): number[] {
  expect(found.length).toBe(wanted.length);
  const bits = (of: Float32Array): Int32Array => new Int32Array(Float32Array.from(of).buffer);
  const [a, b] = [bits(found), bits(wanted)];
  return Array.from(a, (each, i) => Math.abs(each - b[i]!));
}

/** TensorFlow computes normal numbers by its C library's float32 log, sin and cos. */
const MOST_ULPS = 3;

const isNormal = (initializer: unknown): boolean => /normal|variance_scaling/i.test(JSON.stringify(initializer));

describe("first weights are tf_keras' from the same seed", () => {
  test.each(keras.initialized as [unknown, string[]][])('%j', async (initializer, weights) => {
    const drawn = Object.values(await network(initializer).getWeights());
    weights.forEach((wanted, i) => {
      const [most] = distances(drawn[i]!, floats(wanted)).sort((a, b) => b - a);
      expect(most).toBeLessThanOrEqual(isNormal(initializer) ? MOST_ULPS : 0);
    });
  });

  test('normal ones in all but a few last places', async () => {
    const model = sequential([dense(41, { kernelInitializer: 'he_normal', inputShape: [50] })], { seed: 3 });
    const apart = distances((await model.getWeights())['dense.kernel']!, floats(keras.large));
    expect(Math.max(...apart)).toBeLessThanOrEqual(MOST_ULPS);
    expect(apart.filter(each => each > 0).length / apart.length).toBeLessThan(0.03);
  });
});

test('a checkpoint keeps an initializer, but for the default', async () => {
  const model = sequential(
    [
      dense(3, { kernelInitializer: { className: 'HeNormal', config: {} }, inputShape: [4] }),
      dense(2, { kernelInitializer: 'glorot_uniform' }),
    ],
    { seed: 1 },
  );
  await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  const config = (of: Sequential): unknown[] => of.layers.map(({ layer }) => layer.config.kernelInitializer);
  expect(config(model)).toEqual([{ className: 'HeNormal', config: { seed: null } }, undefined]);
  expect(config(readCheckpoint('it', await writeCheckpoint(model)).model)).toEqual(config(model));
  await model.close();
});

describe('an initializer', () => {
  const seedless = { config: { seed: null } };
  test.each<[unknown, InitializerConfig]>([
    ['HeNormal', { className: 'HeNormal', ...seedless }],
    ['uniform', { className: 'RandomUniform', config: { minval: -0.05, maxval: 0.05, seed: null } }],
    [
      { class_name: 'GlorotUniform', config: { seed: null, dtype: 'float32' } },
      { className: 'GlorotUniform', ...seedless },
    ],
    [
      { module: 'keras.initializers', class_name: 'HeNormal', config: { seed: 3, input_axes: null }, registered_name: null },
      { className: 'HeNormal', config: { seed: 3 } },
    ],
    [
      { class_name: 'VarianceScaling', config: { scale: 1, mode: 'fan_avg', distribution: 'normal', seed: null } },
      { className: 'VarianceScaling', config: { scale: 1, mode: 'fan_avg', distribution: 'truncated_normal', seed: null } },
    ],
    [
      { class_name: 'Author>Own', config: { a: 1 } },
      { className: 'Author>Own', config: {} },
    ],
  ])('is read from %j', (given, wanted) => expect(readInitializer(given, 'it')).toEqual(wanted));

  test.each([
    ['he', /it is 'he', wanted one of glorot_uniform, /],
    [{ class_name: 'RandomNormal', config: { stddev: -1 } }, 'it.config.stddev is -1, wanted a number from 0 on'],
    [{ class_name: 'HeNormal', config: { seed: 0.5 } }, 'it.config.seed is 0.5'],
    [{ config: {} }, 'it.className is missing, wanted the name of an initializer'],
  ] as const)('is refused: %j', (given, message) => expect(() => readInitializer(given, 'it')).toThrow(message));

  test.each(['Orthogonal', 'Identity', '__proto__', 'Author>Own'])(
    'that can not be drawn is refused when it is drawn, and not before: %s',
    async name => {
      const of = { className: name, config: {} };
      const model = sequential([dense(2, { kernelInitializer: of, inputShape: [2] })], { seed: 1 });
      await expect(model.getWeights()).rejects.toThrow(
        `initializer '${name}' can't be drawn here; set the weights, or take one of glorot_uniform`,
      );
      model.setWeights({ 'dense.kernel': [1, 2, 3, 4], 'dense.bias': [0, 0] });
      expect((await model.getWeights())['dense.kernel']).toEqual(new Float32Array([1, 2, 3, 4]));
    },
  );
});

describe("of Keras' JSON, what a layer says of its weights", () => {
  const made = (class_name: string, config: object): object => ({ module: 'keras', class_name, config, registered_name: null });
  const model = (fields: object): object => ({
    class_name: 'Sequential',
    config: {
      name: 'sequential',
      layers: [{ class_name: 'Dense', config: { name: 'dense', units: 2, activation: 'linear', batch_input_shape: [null, 3], ...fields } }],
    },
  });
  const configOf = (fields: object): object => modelFromKeras('it', model(fields), 3).model.layers[0]!.layer.config;

  test('is read, and written again but for the defaults', () => {
    const { model: read } = modelFromKeras(
      'it',
      model({
        trainable: false,
        kernel_initializer: made('HeNormal', { seed: 3 }),
        bias_initializer: made('Zeros', {}),
        kernel_regularizer: made('L2', { l2: 0.5 }),
        bias_regularizer: null,
        kernel_constraint: null,
        depthwise_regularizer: made('L2', { l2: 0.5 }),
      }),
      3,
    );
    const [{ layer }] = read.layers as [PlacedLayer];
    expect(layer.trainable).toBe(false);
    expect(layer.config).toEqual({
      units: 2,
      activation: 'linear',
      kernelInitializer: { className: 'HeNormal', config: { seed: 3 } },
      kernelRegularizer: { className: 'L2', config: { l2: 0.5 } },
      depthwiseRegularizer: { className: 'L2', config: { l2: 0.5 } },
    });
    const { layers } = modelToKeras(read, 3).config as { layers: { config: object }[] };
    expect(layers[1]!.config).toMatchObject({
      trainable: false,
      kernel_initializer: { class_name: 'HeNormal', config: { seed: 3 } },
      kernel_regularizer: { class_name: 'L2', config: { l2: 0.5 } },
    });
    for (const field of ['bias_initializer', 'depthwise_regularizer']) expect(Object.keys(layers[1]!.config)).not.toContain(field);
  });

  test.each([
    [{ module: 'theirs', class_name: 'Own', config: { code: 'x' }, registered_name: 'theirs>Own' }, /Own.* of the module 'theirs'/],
    [made('Constant', { value: [1, 2] }), /it\.config\.value is a list of 2, wanted a number/],
    ['their_function', /'their_function', wanted one of/],
    [7, /is 7, wanted an object/],
  ])('is no reason to refuse a file where it only says how weights began: %j', async (initializer, why) => {
    const { model: read } = modelFromKeras('it', model({ kernel_initializer: initializer }), 3);
    await expect(read.getWeights()).rejects.toThrow(why);
    read.setWeights({ 'dense.kernel': new Float32Array(6), 'dense.bias': [0, 0] });
    const { layers } = modelToKeras(read, 3).config as { layers: { config: object }[] };
    expect(Object.keys(layers[1]!.config)).not.toContain('kernel_initializer');
  });

  test('is refused where it changes training and is not supported', () => {
    expect(() => configOf({ kernel_regularizer: made('OrthogonalRegularizer', {}) })).toThrow(
      /'dense'.*'OrthogonalRegularizer'; supported are L1/,
    );
    expect(() => configOf({ kernel_constraint: made('MaxNorm', {}) })).toThrow(/'dense'.*kernel_constraint.*MaxNorm/);
    expect(() => configOf({ activity_regularizer: made('L2', { l2: 1 }) })).toThrow(/'dense'.*activity_regularizer/);
  });
});
