// Goes on with a model in Keras, by the program that `wgrad export` writes, and here, and says how far the losses lie apart:
//     npm run build && node test/keras/program.mjs PYTHON [jax] > test/fixtures/keras_program.json
// PYTHON has tensorflow, tf_keras, pillow and scipy; with 'jax', keras and jax too. Each way of going on takes its own processes, on this machine.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as wgrad from '../../dist/src/node.js';

const [python, withJax] = process.argv.slice(2);
const main = join(import.meta.dirname, '../../dist/src/cli/main.js');
const work = await mkdtemp(join(tmpdir(), 'wgrad-keras-program-'));
const [HEIGHT, WIDTH, COUNT, EPOCHS] = [12, 10, 6, 4];

/** Folders of pictures, two classes. */
async function pictures() {
  let state = 7;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
  for (const set of ['train', 'validation']) {
    for (const [k, name] of ['a', '"); import os'].entries()) {
      await mkdir(join(work, set, name), { recursive: true });
      for (let i = 0; i < COUNT; i++) {
        const bytes = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, j) => Math.floor(200 * random()) + (j % 3 === k ? 55 : 0));
        await writeFile(join(work, set, name, `${i}.ppm`), Buffer.concat([Buffer.from(`P6\n${WIDTH} ${HEIGHT}\n255\n`), bytes]));
      }
    }
  }
}

const flow = (set, classMode = 'categorical') =>
  wgrad.imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory(join(work, set), { targetSize: [HEIGHT, WIDTH], batchSize: 2 * COUNT, classMode });

/** What is tried: layers that compute the same in Keras whatever the order of rows, with moments of three steps. */
const MODELS = {
  adam: {
    optimizer: () => wgrad.adam(),
    loss: 'binaryCrossentropy',
    layers: () => [
      wgrad.conv2d(6, 3, { activation: 'relu', kernelRegularizer: wgrad.l2(0.01), inputShape: [HEIGHT, WIDTH, 3] }),
      wgrad.maxPooling2d(2),
      wgrad.flatten(),
      wgrad.dense(5, { activation: 'tanh', trainable: false, name: 'kept"); import os' }),
      wgrad.dense(2, { activation: 'softmax' }),
    ],
  },
  sgd_probs: {
    optimizer: () => wgrad.sgd({ learningRate: 0.05, momentum: 0.9 }),
    loss: { name: 'binaryCrossentropy', from: 'probs' },
    layers: () => [
      wgrad.conv2d(4, 3, { activation: 'silu', padding: 'same', inputShape: [HEIGHT, WIDTH, 3] }),
      wgrad.globalAveragePooling2d(),
      wgrad.dense(2, { activation: 'softmax' }),
    ],
  },
  many_layers: {
    optimizer: () =>
      wgrad.adamW({ learningRate: wgrad.exponentialDecay({ initialLearningRate: 0.01, decaySteps: 5, decayRate: 0.5 }), clipnorm: 0.5 }),
    loss: { name: 'categoricalCrossentropy', labelSmoothing: 0.1 },
    layers: () => [
      wgrad.inputLayer([HEIGHT, WIDTH, 3]),
      wgrad.rescaling(2, { offset: -1 }),
      wgrad.zeroPadding2d(1),
      wgrad.depthwiseConv2d(3, { activation: 'elu', depthMultiplier: 2, depthwiseInitializer: 'he_normal' }),
      wgrad.batchNormalization({ trainable: false }),
      wgrad.leakyReLu({ negativeSlope: 0.2 }),
      wgrad.separableConv2d(6, 3, { padding: 'same', pointwiseRegularizer: wgrad.l1(0.01), activation: 'leaky_relu' }),
      wgrad.reLu({ maxValue: 0.5, negativeSlope: 0.1 }),
      wgrad.averagePooling2d(2),
      wgrad.conv2d(4, 3, { useBias: false, dilationRate: 2, activation: 'gelu' }),
      wgrad.elu({ alpha: 0.7 }),
      wgrad.reshape([8]),
      wgrad.dropout(0),
      wgrad.dense(2),
      wgrad.softmax(),
    ],
  },
  normalized: {
    optimizer: () => wgrad.rmsprop({ learningRate: 0.01, momentum: 0.5 }),
    loss: 'sparseCategoricalCrossentropy',
    // Each process takes means over its own rows.
    counts: [1],
    layers: () => [
      wgrad.conv2d(4, 3, { inputShape: [HEIGHT, WIDTH, 3] }),
      wgrad.batchNormalization(),
      wgrad.activation('relu'),
      wgrad.globalMaxPooling2d(),
      wgrad.dense(2, { activation: 'softmax' }),
    ],
  },
};

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Runs the program as so many processes; gives the first one's history. */
async function goOn(folder, out, backend, count) {
  const workers = await Promise.all(Array.from({ length: count }, async () => `127.0.0.1:${await freePort()}`));
  const common = ['--backend', backend, '--train', join(work, 'train'), '--validation', join(work, 'validation'), '--out', out];
  const options = ['--batch-size', 2 * COUNT, '--epochs', EPOCHS, '--no-augment', ...(count > 1 ? ['--workers', workers.join()] : [])];
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '', TF_CPP_MIN_LOG_LEVEL: '2' };
  const runs = workers.map((_, index) =>
    spawn(python, [join(folder, 'train.py'), ...common, ...options, '--index', index].map(String), { env, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  const errors = runs.map(() => '');
  const codes = await Promise.all(
    runs.map(async (run, i) => {
      run.stderr.on('data', data => {
        errors[i] += data;
      });
      return (await once(run, 'exit'))[0];
    }),
  );
  if (codes.some(code => code !== 0)) throw new Error(`${backend}, ${count} processes: ${errors.join('\n').slice(-3000)}`);
  return JSON.parse(await readFile(join(out, 'history.json'), 'utf8'));
}

const apart = (one, other) => Math.max(...one.map((value, i) => Math.abs(value - other[i])));

async function tryModel(name) {
  const { layers, optimizer, loss, counts = [1, 2] } = MODELS[name];
  const executor = new wgrad.ReferenceExecutor();
  const data = set => flow(set, loss === 'sparseCategoricalCrossentropy' ? 'sparse' : 'categorical');
  const model = wgrad.sequential(layers(), { seed: 3 });
  await model.compile({ optimizer: optimizer(), loss, metrics: ['acc'], executor });
  await model.fit(await data('train'), { epochs: 3, shuffle: false });
  const file = join(work, `${name}.safetensors`);
  await wgrad.saveCheckpoint(file, model, { classes: (await data('train')).classNames, rescale: 1 / 255 });
  const folder = join(work, name);
  await promisify(execFile)(process.execPath, [main, 'export', '--program', 'keras', file, folder]);
  const { history } = await model.fit(await data('train'), { epochs: EPOCHS, shuffle: false, validationData: await data('validation') });
  const own = await model.getWeights();
  const found = { losses: history.loss };
  const backends = ['tensorflow', ...(withJax === 'jax' ? ['jax'] : [])];
  for (const [backend, count] of backends.flatMap(each => counts.map(count => [each, count]))) {
    const out = join(work, `${name}-${backend}-${count}`);
    const theirs = await goOn(folder, out, backend, count);
    const back = await wgrad.compileCheckpoint(await wgrad.loadCheckpoint(join(out, 'model.safetensors')), executor);
    const weights = await back.getWeights();
    found[`${backend}, ${count} process${count > 1 ? 'es' : ''}`] = {
      loss: apart(theirs.loss, history.loss),
      val_loss: apart(theirs.val_loss, history.val_loss),
      accuracy: apart(theirs.acc, history.acc),
      weights: Math.max(...Object.keys(own).map(each => apart(weights[each], own[each]))),
      steps: back.step - 3,
      first: theirs.loss[0] - history.loss[0],
    };
    await back.close();
  }
  await model.close();
  return found;
}

try {
  await pictures();
  const results = {};
  for (const name of Object.keys(MODELS)) results[name] = await tryModel(name);
  const packages = ['tensorflow', 'tf_keras', ...(withJax === 'jax' ? ['keras', 'jax'] : [])];
  const print = `from importlib.metadata import version; print(*(f"{name} {version(name)}" for name in ${JSON.stringify(packages)}), sep=", ")`;
  const { stdout } = await promisify(execFile)(python, ['-c', print]);
  console.log(JSON.stringify({ versions: stdout.trim(), results }, null, 2));
} finally {
  await rm(work, { recursive: true, force: true });
}
