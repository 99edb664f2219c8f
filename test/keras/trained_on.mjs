// wgrad's part of trained_on.py: node trained_on.mjs OUT. Trains models for three steps, saves them as other programs read them, and goes on for three more.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as wgrad from '../../dist/src/node.js';

const [out] = process.argv.slice(2);
const STEPS = 3;

const { activation, batchNormalization, conv2d, dense, depthwiseConv2d, dropout, flatten, globalAveragePooling2d, maxPooling2d, separableConv2d } = wgrad;

/** Layers of many kinds, some with weights that are not trained or that add to the loss. */
const manyLayers = () => [
  wgrad.zeroPadding2d([[1, 2], [0, 1]], { inputShape: [20, 18, 3] }),
  conv2d(6, 3, { activation: 'gelu', useBias: false, dilationRate: 2, kernelRegularizer: wgrad.l2(0.01) }),
  batchNormalization(),
  depthwiseConv2d(3, { depthMultiplier: 2, activation: 'relu' }),
  wgrad.averagePooling2d(2, { padding: 'same' }),
  separableConv2d(5, 2, { activation: 'elu', padding: 'same', depthwiseRegularizer: 'l1' }),
  wgrad.reLu({ maxValue: 4, negativeSlope: 0.1, threshold: 0.1 }),
  conv2d(4, 2, { activation: 'silu', trainable: false }),
  wgrad.leakyReLu(0.2),
  globalAveragePooling2d(),
  dense(6, { activation: 'tanh', kernelInitializer: 'he_normal' }),
  dense(5, { activation: 'softplus', useBias: false }),
  dense(2),
  wgrad.softmax(),
];

const falling = wgrad.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.5 });

const OPTIMIZERS = [
  ['clipnorm', wgrad.adam({ learningRate: 0.002, clipnorm: 0.5 })],
  ['adamw', wgrad.adamW({ learningRate: 0.01 })],
  ['rmsprop', wgrad.rmsprop({ momentum: 0.3, centered: true })],
  ['nesterov', wgrad.sgd({ momentum: 0.8, nesterov: true, clipvalue: 0.05 })],
  ['schedule', wgrad.sgd({ globalClipnorm: 0.05, learningRate: falling })],
];

/** What must be the same in the real program: dropout is off, as its masks are drawn otherwise there. */
const MODELS = [
  {
    name: 'small',
    rows: 4,
    optimizer: wgrad.adam({ learningRate: 0.002 }),
    layers: [
      conv2d(4, 3, { strides: [2, 1], padding: 'same', activation: 'relu', inputShape: [21, 18, 1] }),
      maxPooling2d([3, 2], { strides: [2, 2], padding: 'same' }),
      conv2d(5, [2, 3]),
      activation('relu'),
      maxPooling2d(2),
      flatten(),
      dense(6, { activation: 'relu' }),
      dense(2, { activation: 'softmax' }),
    ],
  },
  {
    name: 'layers',
    rows: 4,
    optimizer: wgrad.sgd({ learningRate: 0.05, momentum: 0.9 }),
    layers: [
      conv2d(3, 3, { padding: 'same', useBias: false, inputShape: [9, 8, 2], name: 'stem' }),
      batchNormalization({ name: 'norm' }),
      activation('relu'),
      separableConv2d(4, 3, { padding: 'same', trainable: false }),
      batchNormalization({ scale: false, momentum: 0.9 }),
      depthwiseConv2d(2, { depthMultiplier: 2, activation: 'tanh' }),
      globalAveragePooling2d(),
      dense(2, { activation: 'softmax' }),
    ],
  },
  {
    name: 'face_mask',
    rows: 4,
    optimizer: wgrad.adam(),
    layers: [
      conv2d(100, [3, 3], { activation: 'relu', inputShape: [150, 150, 3] }),
      maxPooling2d(2),
      conv2d(100, [3, 3], { activation: 'relu' }),
      maxPooling2d(2),
      flatten(),
      dropout(0),
      dense(50, { activation: 'relu' }),
      dense(2, { activation: 'softmax' }),
    ],
  },
  ...OPTIMIZERS.map(([name, optimizer]) => ({ name, rows: 4, optimizer, layers: manyLayers() })),
];

await mkdir(out, { recursive: true });
const cases = [];
for (const { name, rows, optimizer, layers } of MODELS) {
  const model = wgrad.sequential(layers, { seed: 5 });
  await model.compile({ optimizer, loss: 'binaryCrossentropy', metrics: ['acc'] });
  const width = model.inputShape.reduce((size, length) => size * length, 1);
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const x = Float32Array.from({ length: rows * width }, (_, i) => noise() * [1, 0.5, 0.25, 0.75][Math.floor(i / width)]);
  const y = Float32Array.from([1, 0, 0, 1, 0, 1, 1, 0]);
  const data = { x, y, batchSize: rows, shuffle: false };
  await model.fit(data, { epochs: STEPS });
  const files = { keras: `${name}.keras`, weights: `${name}.weights.h5`, h5: `${name}.h5` };
  for (const file of Object.values(files)) await wgrad.saveModel(join(out, file), model, { overwrite: true });
  const predictions = [...(await model.predict({ x }))];
  await writeFile(join(out, `${name}.f32`), x);
  const { history } = await model.fit(data, { epochs: STEPS });
  cases.push({ name, shape: [rows, ...model.inputShape], y: [...y], files, predictions, losses: history.loss });
  await model.close();
}
await writeFile(join(out, 'cases.json'), JSON.stringify(cases));
