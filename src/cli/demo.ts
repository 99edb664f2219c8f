import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PNG } from 'pngjs';
import { syntheticFace } from '../data/synthetic.js';
import { RandomState } from '../engine/random.js';
import type { Callback } from '../nn/callbacks/callback.js';
import { Progbar } from '../nn/progress.js';
import { writeError } from '../node/errors.js';
import { makeFolder } from '../node/files.js';
import { action, addDeviceOptions, type DeviceOptions, integer, note } from './common.js';
import { inFolder } from './run_folder.js';
import { printFor, type TrainOptions, trainChecked } from './train.js';
import { checkRun } from './training.js';

interface DemoOptions extends DeviceOptions {
  readonly out: string;
  readonly epochs: number;
  readonly images: number;
  readonly seed: number;
  readonly json?: boolean;
}

const SIZE = 150;

/** Pictures to judge by, as a share of those to learn from. */
const VALIDATION_SHARE = 1 / 8;

/** No epoch begins that would end later than this. */
const LONGEST_MINUTES = 10;

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('draw faces with and without masks, train the face-mask network on them, and show what to do next')
    .option('--out <dir>', 'where the pictures, checkpoints and the history go', 'out/demo')
    .option('--epochs <n>', 'passes over the pictures at most', integer(1), 2)
    .option('--images <n>', 'pictures a class to learn from', integer(1), 650)
    .option('--seed <n>', 'of the pictures and the training', integer(0, 2 ** 32 - 1), 1)
    .option('--json', 'print one JSON object a line');
  addDeviceOptions(command).action(action(demo));
}

async function demo({ out, epochs, images, seed, json, ...device }: DemoOptions): Promise<void> {
  const folders = { train: join(out, 'train'), validation: join(out, 'validation') };
  const options: TrainOptions = {
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
    callbacks: [inTime(epochs)],
    ...(json && { json }),
  };
  // Where its pictures are, what a demo has left is a demo's.
  await inFolder({ out, overwrite: existsSync(folders.train) }, async () => {
    await drawFaces(folders, images, seed);
    await trainChecked(await checkRun(options, printFor(options)));
  });
  if (process.exitCode || json) return;
  const model = quoted(join(out, 'last.safetensors'));
  console.log(`
The curves are in ${join(out, 'history.svg')}, the pictures in ${folders.train}. What to run next:
  npx wgrad evaluate ${model} --data ${quoted(folders.validation)}
  npx wgrad predict ${model} ${quoted(join(folders.validation, 'with_mask', pictureName(0)))}
  npx wgrad train --train DIR --validation DIR      on your own folders, one subfolder a class`);
}

/** Ends the training where another epoch would take too long: on slow adapters after the first. */
function inTime(epochs: number): Callback {
  let begun = 0;
  return {
    onTrainBegin() {
      begun = performance.now();
    },
    onEpochEnd(epoch, _, { model }) {
      const minutes = (performance.now() - begun) / 60_000;
      const next = (minutes * (epoch + 2)) / (epoch + 1);
      if (epoch + 1 === epochs || next <= LONGEST_MINUTES) return;
      note(`Another epoch would end ${next.toFixed(0)} minutes after the first began: that is enough for a demo.`);
      model.stopTraining = true;
    },
  };
}

/** Draws two folders of faces with and without masks: `images` a class to learn from, and others to judge by. */
export async function drawFaces(
  folders: { readonly train: string; readonly validation: string },
  images: number,
  seed: number,
): Promise<void> {
  await draw(folders.train, images, seed);
  await draw(folders.validation, Math.ceil(images * VALIDATION_SHARE), seed + 1_000_003);
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
    const names = Array.from({ length: count }, (_, i) => pictureName(i));
    await pictureFolder(join(folder, name), names);
    for (const [i, picture] of names.entries()) {
      const { width, height, data } = syntheticFace(random, name === 'with_mask', SIZE);
      const png = new PNG({ width, height, colorType: 2, inputColorType: 2 });
      png.data = Buffer.from(data);
      await write(join(folder, name, picture), PNG.sync.write(png, { colorType: 2, inputColorType: 2, inputHasAlpha: false }));
      bar?.update(half * count + i + 1, {}, half === 1 && i === count - 1);
    }
  }
}

/** Makes a folder for files of these names; pictures of other sources or runs in it would be learned from as well, so they are refused. */
async function pictureFolder(folder: string, names: readonly string[]): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw writeError(folder, error);
  }
  const other = (await readdir(folder)).find(file => !names.includes(file));
  if (other !== undefined) throw new Error(`${folder} has another file, ${other}: delete the folder, or give another with --out`);
}

async function write(path: string, content: Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw writeError(path, error);
  }
}
