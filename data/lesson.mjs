// Trains the small model of the studio's lessons, data/lesson.safetensors, on synthetic faces: node data/lesson.mjs (after npm run build).
// What it printed last stands in README.md beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawFaces } from '../dist/src/cli/demo.js';
import {
  adam,
  conv2d,
  dense,
  dropout,
  flatten,
  imageDataGenerator,
  maxPooling2d,
  saveCheckpoint,
  sequential,
  setRandomSeed,
} from '../dist/src/node.js';

const SIZE = 24;
const SEED = 7;
const IMAGES = 1000;
const EPOCHS = 12;

const folder = await mkdtemp(join(tmpdir(), 'wgrad-lesson-'));
try {
  const folders = { train: join(folder, 'train'), validation: join(folder, 'validation') };
  await drawFaces(folders, IMAGES, SEED);
  setRandomSeed(SEED);
  const options = { targetSize: [SIZE, SIZE], batchSize: 20 };
  const train = await imageDataGenerator({ rescale: 1 / 255, horizontalFlip: true }).flowFromDirectory(folders.train, options);
  const validation = await imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory(folders.validation, { ...options, shuffle: false });
  const model = sequential(
    [
      conv2d(6, 3, { activation: 'relu', inputShape: [SIZE, SIZE, 3] }),
      maxPooling2d(2),
      conv2d(8, 3, { activation: 'relu' }),
      maxPooling2d(2),
      flatten(),
      dropout(0.5),
      dense(12, { activation: 'relu' }),
      dense(2, { activation: 'softmax' }),
    ],
    { seed: SEED },
  );
  await model.compile({ optimizer: adam(), loss: 'binaryCrossentropy', metrics: ['acc'] });
  await model.fit(train, { epochs: EPOCHS });
  const { loss, acc } = await model.evaluate(validation);
  await saveCheckpoint(fileURLToPath(new URL('lesson.safetensors', import.meta.url)), model, {
    classes: train.classNames,
    rescale: 1 / 255,
  });
  console.log(
    `seed ${SEED}, ${2 * IMAGES} faces, ${EPOCHS} epochs: on ${validation.samples} others it never saw, loss ${loss.toFixed(4)}, accuracy ${acc.toFixed(4)}`,
  );
  await model.close();
} finally {
  await rm(folder, { recursive: true });
}
