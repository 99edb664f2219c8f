// The face-mask network in jax-js on WebGPU, each step one jit: node jax.mjs INPUT.safetensors [ADAPTER], then lines as serve.mjs says.
// The file holds weights, pictures (x) and labels (y). Dropout is off: every program then computes the same numbers.
// jax-js takes [batch, channels, height, width]: pictures and weights are turned once, before anything is timed.
import { readFileSync } from 'node:fs';
import { LEARNING_RATE, provideGpu, readTensors, serve } from './serve.mjs';

const [file, adapter] = process.argv.slice(2);
provideGpu(adapter);
const { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy: np, tree, valueAndGrad } = await import('@jax-js/jax');
if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js: WebGPU not found');
defaultDevice('webgpu');

const tensors = readTensors(file);
const tensor = name => np.array(tensors[name].data).reshape(tensors[name].shape);
const data = { x: np.transpose(tensor('x'), [0, 3, 1, 2]), y: tensor('y') };
const names = ['conv2d', 'conv2d_1', 'dense', 'dense_1'].flatMap(layer => [`${layer}.kernel`, `${layer}.bias`]);
let parameters = Object.fromEntries(names.map(name => [name, tensor(name)]));
for (const layer of ['conv2d', 'conv2d_1']) parameters[`${layer}.kernel`] = np.transpose(parameters[`${layer}.kernel`], [3, 2, 0, 1]);
// The dense kernel's rows, from [height, width, channels] to [channels, height, width].
const [features, units] = tensors['dense.kernel'].shape;
const channels = tensors['conv2d_1.bias'].shape[0];
const pooled = length => Math.floor((length - 2) / 2);
const [height, width] = tensors.x.shape.slice(1, 3).map(length => pooled(pooled(length)));
parameters['dense.kernel'] = np.transpose(parameters['dense.kernel'].reshape([height, width, channels, units]), [2, 0, 1, 3]).reshape([features, units]);
const zeros = () => Object.fromEntries(names.map(name => [name, np.zeros(parameters[name].shape)]));
let [moments, velocities] = [zeros(), zeros()];

/** Both convolutions' biases go to the channel axis. */
const convolve = (input, kernel, bias) => lax.conv(input, kernel, [1, 1], 'VALID').add(bias.reshape([1, -1, 1, 1]));
/** 2x2 windows as axes of their own, whose largest is taken. */
const pool = input => {
  const [batch, depth, rows, columns] = input.shape;
  return np.max(input.reshape([batch, depth, rows / 2, 2, columns / 2, 2]), [3, 5]);
};
const logitsOf = (weights, input) => {
  const first = pool(nn.relu(convolve(input, weights['conv2d.kernel'], weights['conv2d.bias'])));
  const second = pool(nn.relu(convolve(first, weights['conv2d_1.kernel'], weights['conv2d_1.bias'])));
  const hidden = nn.relu(np.matmul(second.reshape([second.shape[0], -1]), weights['dense.kernel']).add(weights['dense.bias']));
  return np.matmul(hidden, weights['dense_1.kernel']).add(weights['dense_1.bias']);
};
/** max(z, 0) - z * y + log(1 + exp(-|z|)), meaned over all. */
const lossOf = (weights, input, labels) => {
  const z = logitsOf(weights, input);
  const positive = nn.relu(z.ref);
  const product = z.ref.mul(labels);
  return np.mean(positive.sub(product).add(np.log1p(np.exp(np.negative(np.abs(z))))));
};
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-7];
const train = jit((weights, m, v, input, labels, stepSize) => {
  const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(weights), input, labels);
  const next = { weights: {}, m: {}, v: {} };
  for (const name of names) {
    const gradient = gradients[name];
    const moment = m[name].mul(beta1).add(gradient.ref.mul(1 - beta1));
    const velocity = v[name].mul(beta2).add(gradient.ref.mul(gradient).mul(1 - beta2));
    next.weights[name] = weights[name].sub(stepSize.ref.mul(moment.ref).div(np.sqrt(velocity.ref).add(epsilon)));
    next.m[name] = moment;
    next.v[name] = velocity;
  }
  stepSize.dispose();
  return [loss, next.weights, next.m, next.v];
});
const predict = jit((weights, input) => nn.softmax(logitsOf(weights, input)));

let step = 0;
const jobs = {
  async train() {
    step += 1;
    const stepSize = np.array((LEARNING_RATE * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step));
    const [loss, ...next] = train(parameters, moments, velocities, data.x.ref, data.y.ref, stepSize);
    [parameters, moments, velocities] = next;
    await blockUntilReady(next);
    return { loss: (await loss.data())[0] };
  },
  async predict() {
    return { probabilities: [...(await predict(tree.ref(parameters), data.x.ref).data())] };
  },
};
const version = JSON.parse(readFileSync(new URL('./node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8')).version;
await serve({ peer: 'jax-js', version, backend: 'WebGPU', lossFrom: 'logits' }, jobs);
