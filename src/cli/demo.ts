import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PNG } from 'pngjs';
import { syntheticFace } from '../data/synthetic.js';
import { RandomState } from '../engine/random.js';
import { sizeOf } from '../engine/shape.js';
import { Tuner } from '../gpu/tune.js';
import type { Callback } from '../nn/callbacks/callback.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { Progbar } from '../nn/progress.js';
import { openAdapter } from '../node/adapter.js';
import { writeError } from '../node/errors.js';
import { makeFolder } from '../node/files.js';
import { note } from '../node/terminal.js';
import type { DeviceOptions } from '../run/device.js';
import { inFolder } from '../run/folder.js';
import { LAST } from '../run/names.js';
import { DEFAULTS, type TrainOptions } from '../run/options.js';
import { checkRun } from '../run/readying.js';
import { action } from './common.js';
import { addDeviceOptions, integer } from './options.js';
import { printFor, trainChecked } from './train.js';

interface DemoOptions extends DeviceOptions, Partial<DemoRun> {
  readonly out: string;
  readonly seed: number;
  readonly json?: boolean;
}

interface DemoRun {
  /** Height and width of the pictures. */
  readonly size: number;
  /** Pictures a class to learn from. */
  readonly images: number;
  /** Passes over the pictures at most. */
  readonly epochs: number;
}

/** The face-mask network as it is, and one for machines that are too slow for it. */
const FULL: DemoRun = { size: 150, images: 650, epochs: 2 };
const SMALL: DemoRun = { size: 64, images: 500, epochs: 6 };

/** An epoch of the full run may take this long. */
const LONGEST_EPOCH_MINUTES = 3;

/** No epoch begins that would end later than this. */
const LONGEST_MINUTES = 3.5;

/** The small run ends where it is right on this share of the pictures that it has not seen. */
const ENOUGH = 0.96;

const BATCH_SIZE = 10;

/** Pictures to judge by, as a share of those to learn from. */
const VALIDATION_SHARE = 1 / 8;

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('draw faces with and without masks, train the face-mask network on them, and show what to do next')
    .option('--out <dir>', 'where the pictures, checkpoints and the history go', 'out/demo')
    .option('--size <pixels>', `height and width of the pictures${defaultOf('size')}`, integer(16))
    .option('--images <n>', `pictures a class to learn from${defaultOf('images')}`, integer(1))
    .option('--epochs <n>', `passes over the pictures at most${defaultOf('epochs')}`, integer(1))
    .option('--seed <n>', 'of the pictures and the training', integer(0, 2 ** 32 - 1), 1)
    .option('--json', 'print one JSON object a line');
  addDeviceOptions(command).action(action(demo));
}

const defaultOf = (what: keyof DemoRun): string => ` (default ${FULL[what]}, or ${SMALL[what]} where the machine is too slow for that)`;

async function demo({ out, seed, json, size, images, epochs, ...device }: DemoOptions): Promise<void> {
  const folders = { train: join(out, 'train'), validation: join(out, 'validation') };
  const usual = size === undefined && device.device !== 'cpu' ? suitableRun(await timeStep(device), images, note) : FULL;
  const run: DemoRun = { size: size ?? usual.size, images: images ?? usual.images, epochs: epochs ?? usual.epochs };
  const options: TrainOptions = {
    ...DEFAULTS,
    ...device,
    ...folders,
    out,
    epochs: run.epochs,
    seed,
    batchSize: BATCH_SIZE,
    imageSize: [run.size, run.size],
    augment: false,
    // Trying kernels takes longer than the small run gains by it.
    ...(usual === SMALL && { tune: false }),
    ...(json && { json }),
  };
  // Where its pictures are, what a demo has left is a demo's.
  await inFolder({ out, overwrite: existsSync(folders.train) }, async () => {
    await drawFaces(folders, run.images, seed, run.size);
    await trainChecked(await checkRun({ options }, printFor(options)), [usual === SMALL ? untilEnough : inTime(run.epochs)]);
  });
  if (process.exitCode || json) return;
  const model = quoted(join(out, LAST));
  console.log(`
The curves are in ${join(out, 'history.svg')}, the pictures in ${folders.train}. What to run next:
  npx wgrad evaluate ${model} --data ${quoted(folders.validation)}
  npx wgrad predict ${model} ${quoted(join(folders.validation, 'with_mask', pictureName(0)))}
  npx wgrad train --train DIR --validation DIR      on your own folders, one subfolder a class`);
}

/** The full run, if an epoch of it on so many pictures a class is short enough by the time of a step; else the small one, with a word on it. */
export function suitableRun(stepMs: number, images = FULL.images, say: (text: string) => void = () => {}): DemoRun {
  const steps = (2 * images) / BATCH_SIZE;
  const minutes = (stepMs * steps * (1 + VALIDATION_SHARE)) / 60_000;
  if (minutes <= LONGEST_EPOCH_MINUTES) return FULL;
  const [full, small] = [FULL, SMALL].map(({ size }) => `${size}x${size}`);
  say(
    `A step at ${full} takes ${(stepMs / 1000).toFixed(1)} s here, an epoch ${minutes.toFixed(0)} minutes. So the demo takes fewer and smaller pictures: ${small}.\n` +
      `The full size: npx wgrad demo --size ${FULL.size}`,
  );
  return SMALL;
}

/** Milliseconds of a training step of the face-mask network, by kernels that are not tried first. */
async function timeStep({ adapter, variant }: DeviceOptions): Promise<number> {
  const { executor } = await openAdapter({ adapter, choose: new Tuner({ variant, tune: false }).choose });
  try {
    const model = faceMaskNetwork({ imageSize: [FULL.size, FULL.size], seed: 0 });
    await model.compile({ loss: 'binaryCrossentropy', executor });
    const x = new Float32Array(BATCH_SIZE * sizeOf(model.inputShape));
    const y = new Float32Array(BATCH_SIZE * sizeOf(model.outputShape));
    let begun = 0;
    // The first step compiles the kernels.
    const clock: Callback = {
      onEpochBegin() {
        begun = performance.now();
      },
    };
    await model.fit({ x, y, batchSize: BATCH_SIZE }, { epochs: 2, callbacks: [clock] });
    const ms = performance.now() - begun;
    await model.close();
    return ms;
  } finally {
    await executor.close();
  }
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

const untilEnough: Callback = {
  onEpochEnd(_, { val_acc = 0 }, { model }) {
    if (val_acc >= ENOUGH) model.stopTraining = true;
  },
};

/** Draws two folders of faces with and without masks: `images` a class to learn from, and others to judge by. */
export async function drawFaces(
  folders: { readonly train: string; readonly validation: string },
  images: number,
  seed: number,
  size = FULL.size,
): Promise<void> {
  await draw(folders.train, images, seed, size);
  await draw(folders.validation, Math.ceil(images * VALIDATION_SHARE), seed + 1_000_003, size);
}

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w./\\:-]+$/.test(path) ? path : `"${path}"`);

const pictureName = (index: number): string => `${index.toString().padStart(4, '0')}.png`;

/** Draws `count` pictures of each class into class folders. */
async function draw(folder: string, count: number, seed: number, size: number): Promise<void> {
  const random = new RandomState(seed % 2 ** 32);
  const bar = process.stderr.isTTY
    ? new Progbar(2 * count, { write: text => process.stderr.write(text), verbose: 1, dynamic: true })
    : undefined;
  for (const [half, name] of ['with_mask', 'without_mask'].entries()) {
    const names = Array.from({ length: count }, (_, i) => pictureName(i));
    await pictureFolder(join(folder, name), names);
    for (const [i, picture] of names.entries()) {
      const { width, height, data } = syntheticFace(random, name === 'with_mask', size);
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
