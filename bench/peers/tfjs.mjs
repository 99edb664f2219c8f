// One training step and one prediction of the face-mask network in TensorFlow.js' WebGPU backend, in a process of its own.
// node tfjs.mjs WEIGHTS.safetensors BATCH SAMPLES [ADAPTER] -> one JSON line: losses to verify by, milliseconds to compare.
// The weights' file also holds the pictures (x) and labels (y). Dropout is off: every program then computes the same numbers.
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { create, globals } from 'webgpu';

const [file, batchText, samplesText, adapter] = process.argv.slice(2);
const [batch, samples] = [Number(batchText), Number(samplesText)];
Object.assign(globalThis, globals);
process.env.XDG_RUNTIME_DIR ??= '/tmp';
// The backend asks navigator.gpu; kept reachable, or Dawn is freed under a running queue.
const gpu = create(adapter ? [`adapter=${adapter}`] : []);
Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
await import('@tensorflow/tfjs-backend-webgpu');

const bytes = readFileSync(file);
const headerBytes = Number(bytes.readBigUInt64LE(0));
const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString());
const tensor = name => {
  const [begin, end] = header[name].data_offsets;
  const copy = new Uint8Array(bytes.subarray(8 + headerBytes + begin, 8 + headerBytes + end));
  return tf.tensor(new Float32Array(copy.buffer), header[name].shape);
};

await tf.setBackend('webgpu');
await tf.ready();
const { conv2d, maxPooling2d, flatten, dense } = tfl.layers;
const model = tfl.sequential({
  layers: [
    conv2d({ filters: 100, kernelSize: 3, activation: 'relu', inputShape: header.x.shape.slice(1) }),
    maxPooling2d({ poolSize: 2 }),
    conv2d({ filters: 100, kernelSize: 3, activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dense({ units: 50, activation: 'relu' }),
    dense({ units: 2, activation: 'softmax' }),
  ],
});
model.compile({ optimizer: tf.train.adam(1e-3, 0.9, 0.999, 1e-7), loss: 'binaryCrossentropy' });
const names = ['conv2d', 'conv2d_1', 'dense', 'dense_1'].flatMap(layer => [`${layer}.kernel`, `${layer}.bias`]);
model.setWeights(names.map(tensor));
const [x, y] = ['x', 'y'].map(name => tf.slice(tensor(name), 0, batch));

const time = async work => {
  const begin = performance.now();
  const value = await work();
  return [performance.now() - begin, value];
};
const predict = async () => {
  const output = model.predict(x);
  const data = await output.data();
  output.dispose();
  return [...data];
};
const [, probabilities] = await time(predict);
const losses = [];
const [train, forward] = [[], []];
for (let i = 0; i <= samples; i++) {
  const [ms, loss] = await time(async () => {
    const value = await model.trainOnBatch(x, y);
    // Adam's updates are queued: reading a weight waits for them.
    await model.getWeights()[6].data();
    return value;
  });
  losses.push(loss);
  if (i > 0) train.push(ms);
}
for (let i = 0; i <= samples; i++) {
  const [ms] = await time(predict);
  if (i > 0) forward.push(ms);
}
const { numBytesInGPU } = tf.memory();
console.log(JSON.stringify({ peer: 'tfjs', version: tf.version_core, losses, probabilities, train, forward, gpuBytes: numBytesInGPU, rss: process.resourceUsage().maxRSS * 1024 }));
process.exit(0);
