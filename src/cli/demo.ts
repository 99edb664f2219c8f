import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PNG } from 'pngjs';
import { syntheticFace } from '../data/synthetic.js';
import { RandomState } from '../engine/random.js';
import { Progbar } from '../nn/progress.js';
import { action, addDeviceOptions, type DeviceOptions, integer } from './common.js';
import { train } from './train.js';

interface DemoOptions extends DeviceOptions {
  readonly out: string;
  readonly epochs: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Pictures a class. */
const TRAIN_IMAGES = 300;
const VALIDATION_IMAGES = 100;
const SIZE = 150;

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('draw faces with and without masks, train the face-mask network on them, and show what to do next')
    .option('--out <dir>', 'where the pictures, checkpoints and the history go', 'out/demo')
    .option('--epochs <n>', 'passes over the pictures', integer(1), 4)
    .option('--seed <n>', 'of the pictures and the training', integer(0, 2 ** 32 - 1), 1)
    .option('--json', 'print one JSON object a line');
  addDeviceOptions(command).action(action(demo));
}

async function demo({ out, epochs, seed, json, ...device }: DemoOptions): Promise<void> {
  const folders = { train: join(out, 'train'), validation: join(out, 'validation') };
  await draw(folders.train, TRAIN_IMAGES, seed);
  await draw(folders.validation, VALIDATION_IMAGES, seed + 1_000_003);
  await train({
    ...device,
    ...folders,
    out,
    epochs,
    seed,
    batchSize: 10,
    imageSize: [SIZE, SIZE],
    checkpoint: 'model2-{epoch:03d}.safetensors',
    loss: 'logits',
    compat: 'keras-2.9',
    augment: false,
    ...(json && { json }),
  });
  if (process.exitCode || json) return;
  const model = quoted(join(out, 'last.safetensors'));
  console.log(`
The curves are in ${join(out, 'history.svg')}, the pictures in ${folders.train}. What to run next:
  npx wgrad evaluate ${model} --data ${quoted(folders.validation)}
  npx wgrad predict ${model} ${quoted(join(folders.validation, 'with_mask', pictureName(0)))}
  npx wgrad train --train DIR --validation DIR      on your own folders, one subfolder a class`);
}

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w./\\:-]+$/.test(path) ? path : `"${path}"`);

const pictureName = (index: number): string => `${index.toString().padStart(4, '0')}.png`;

/** Draws `count` pictures of each class into class folders. */
async function draw(folder: string, count: number, seed: number): Promise<void> {
  const random = new RandomState(seed % 2 ** 32);
  const bar = process.stderr.isTTY
    ? new Progbar(2 * count, { write: text => process.stderr.write(text), verbose: 1, dynamic: true })
    : undefined;
  for (const [half, name] of ['with_mask', 'without_mask'].entries()) {
    await mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const { width, height, data } = syntheticFace(random, name === 'with_mask', SIZE);
      const png = new PNG({ width, height, colorType: 2, inputColorType: 2 });
      png.data = Buffer.from(data);
      await writeFile(join(folder, name, pictureName(i)), PNG.sync.write(png, { colorType: 2, inputColorType: 2, inputHasAlpha: false }));
      bar?.update(half * count + i + 1, {}, half === 1 && i === count - 1);
    }
  }
}
