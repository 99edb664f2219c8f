// The face-mask network in TensorFlow.js' WebGPU backend: node tfjs.mjs INPUT.safetensors [ADAPTER], then lines as serve.mjs says.
// The file holds weights, pictures (x) and labels (y). Dropout is off: every program then computes the same numbers.
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { LEARNING_RATE, provideGpu, readTensors, serve } from './serve.mjs';

const [file, adapter] = process.argv.slice(2);
provideGpu(adapter);
// It asks navigator.gpu when it is loaded.
await import('@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');
await tf.ready();

const tensors = readTensors(file);
const tensor = name => tf.tensor(tensors[name].data, tensors[name].shape);
const { conv2d, maxPooling2d, flatten, dense } = tfl.layers;
const model = tfl.sequential({
  layers: [
    conv2d({ filters: 100, kernelSize: 3, activation: 'relu', inputShape: tensors.x.shape.slice(1) }),
    maxPooling2d({ poolSize: 2 }),
    conv2d({ filters: 100, kernelSize: 3, activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dense({ units: 50, activation: 'relu' }),
    dense({ units: 2, activation: 'softmax' }),
  ],
});
model.compile({ optimizer: tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-7), loss: 'binaryCrossentropy' });
const names = ['conv2d', 'conv2d_1', 'dense', 'dense_1'].flatMap(layer => [`${layer}.kernel`, `${layer}.bias`]);
model.setWeights(names.map(tensor));
const [x, y] = [tensor('x'), tensor('y')];

const jobs = {
  async train() {
    const loss = await model.trainOnBatch(x, y);
    // Adam's updates are queued: reading a weight waits for them.
    await model.getWeights()[6].data();
    return { loss };
  },
  async predict() {
    const output = model.predict(x);
    const probabilities = [...(await output.data())];
    output.dispose();
    return { probabilities };
  },
};
await serve({ peer: 'TensorFlow.js', version: tf.version_core, backend: 'WebGPU', lossFrom: 'probs' }, jobs, () => tf.memory().numBytesAllocatedInGPU);
