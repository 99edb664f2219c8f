// wgrad's part of compare.py: node compare.mjs DATA OUT SEED EPOCHS SIZE DROPOUT SECONDS. Ends after SECONDS, if not 0, and goes on where it ended.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as wgrad from '../../dist/src/node.js';
import { version } from '../../dist/src/node/paths.js';

const [data, out, ...numbers] = process.argv.slice(2);
const [seed, epochs, size, withDropout, seconds] = numbers.map(Number);
const { conv2d, dense, dropout, flatten, maxPooling2d, sequential } = wgrad;

wgrad.setRandomSeed(seed);
const flow = { batchSize: 10, targetSize: [size, size] };
const augmented = wgrad.imageDataGenerator({
  rescale: 1 / 255,
  rotationRange: 40,
  widthShiftRange: 0.2,
  heightShiftRange: 0.2,
  shearRange: 0.2,
  zoomRange: 0.2,
  horizontalFlip: true,
  fillMode: 'nearest',
});
const train = await augmented.flowFromDirectory(join(data, 'train'), flow);
const validation = await wgrad.imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory(join(data, 'test'), flow);

// What was noted of the steps before an interruption is kept beside the checkpoint.
const checkpoint = join(out, 'wgrad.safetensors');
const noted = join(out, 'wgrad_steps.json');
const { files, means, ...before } = existsSync(noted) ? JSON.parse(await readFile(noted, 'utf8')) : { files: [], means: [] };

let model;
if (existsSync(checkpoint)) {
  model = await wgrad.compileCheckpoint(await wgrad.loadCheckpoint(checkpoint));
} else {
  model = sequential([
    conv2d(100, [3, 3], { activation: 'relu', inputShape: [size, size, 3] }),
    maxPooling2d(2),
    conv2d(100, [3, 3], { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    ...(withDropout ? [dropout(0.5)] : []),
    dense(50, { activation: 'relu' }),
    dense(2, { activation: 'softmax' }),
  ]);
  await model.compile({ optimizer: wgrad.adam(), loss: 'binaryCrossentropy', metrics: ['acc'] });
}

const hash = createHash('sha256');
for (const weight of Object.values(await model.getWeights())) hash.update(weight);
const first = before.first ?? hash.digest('hex');

const batch = train.batch.bind(train);
train.batch = index => {
  const drawn = batch(index);
  files.push(...drawn.files.map(file => file.replaceAll('\\', '/')));
  return drawn;
};
const watch = {
  onBatchesEnd: (_, upTo) => means.push(...upTo.map(({ loss }) => loss)),
  onEpochEnd: (epoch, logs) => console.error(`epoch ${epoch + 1}/${epochs}`, logs),
};
const { history, interrupted } = await model.fit(train, {
  epochs,
  validationData: validation,
  callbacks: [watch],
  resume: model.training,
  ...(seconds && { signal: AbortSignal.timeout(1000 * seconds) }),
});
if (interrupted) {
  await wgrad.saveCheckpoint(checkpoint, model);
  await writeFile(noted, JSON.stringify({ first, files, means }));
  console.error(`saved after step ${model.step}; call again to go on`);
} else {
  const order = createHash('sha256').update(files.map(file => `${file}\n`).join('')).digest('hex');
  const adapter = model.compiled.executor.description;
  await writeFile(join(out, 'wgrad.json'), JSON.stringify({ version, adapter, first, order, means, history }));
}
await model.close();
