import { join } from 'node:path';
import type { Command } from 'commander';
import { sizeOf } from '../engine/shape.js';
import { Tuner } from '../gpu/tune.js';
import type { Callback } from '../nn/callbacks/callback.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { Progbar } from '../nn/progress.js';
import { openAdapter } from '../node/adapter.js';
import { checkFree } from '../node/files.js';
import { note } from '../node/terminal.js';
import type { DeviceOptions } from '../run/device.js';
import { drawFaceFolders, type FaceFolders } from '../run/draw_faces.js';
import { inFolder } from '../run/folder.js';
import { LAST } from '../run/names.js';
import { DEFAULTS, type TrainOptions } from '../run/options.js';
import { checkRun } from '../run/readying.js';
import { pictureName, VALIDATION_SHARE } from '../run/sample.js';
import { action } from './common.js';
import { addDeviceOptions, integer } from './options.js';
import { printFor, trainChecked } from './train.js';

interface DemoOptions extends DeviceOptions, Partial<DemoRun> {
  readonly out: string;
  readonly seed: number;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

interface DemoRun {
  /** Height and width of the pictures. */
  readonly size: number;
  /** Pictures per class to learn from. */
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

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('draw faces with and without masks, train the face-mask network on them, and show what to do next')
    .option('--out <dir>', 'folder for the images, checkpoints and the history', 'out/demo')
    .option('--size <pixels>', `height and width of the images${defaultOf('size')}`, integer(16))
    .option('--images <n>', `training images per class${defaultOf('images')}`, integer(1))
    .option('--epochs <n>', `most passes over the images${defaultOf('epochs')}`, integer(1))
    .option('--seed <n>', 'seed of the images and of the training', integer(0, 2 ** 32 - 1), 1)
    .option('--overwrite', 'overwrite the files of an earlier demo')
    .option('--json', 'print one JSON object per line');
  addDeviceOptions(command).action(action(demo));
}

const defaultOf = (what: keyof DemoRun): string => ` (default ${FULL[what]}, or ${SMALL[what]} where the machine is too slow for that)`;

async function demo({ out, seed, overwrite, json, size, images, epochs, ...device }: DemoOptions): Promise<void> {
  const folders = { train: join(out, 'train'), validation: join(out, 'validation') };
  for (const folder of Object.values(folders)) checkFree(folder, overwrite, 'give another --out');
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
  await inFolder({ out, overwrite }, async () => {
    await drawFaces(folders, run.images, seed, run.size);
    await trainChecked(await checkRun({ options }, printFor(options)), [usual === SMALL ? untilEnough : inTime(run.epochs)]);
  });
  if (process.exitCode || json) return;
  const model = quoted(join(out, LAST));
  console.log(`
The curves are in ${join(out, 'history.svg')}, the pictures in ${folders.train}. What to run next:
  npx wgrad evaluate ${model} --data ${quoted(folders.validation)}
  npx wgrad predict ${model} ${quoted(join(folders.validation, 'with_mask', pictureName(0)))}
  npx wgrad train --train DIR --validation DIR      on your own folders, one subfolder per class`);
}

/** The full run, if an epoch of it on so many pictures per class is short enough by the time of a step; else the small one, with a word on it. */
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

/** Draws two folders of faces with and without masks, with a bar on a terminal: see drawFaceFolders(). */
export function drawFaces(folders: FaceFolders, images: number, seed: number, size = FULL.size): Promise<void> {
  const bars = new Map<string, Progbar>();
  const onProgress = (folder: string, done: number, total: number): void => {
    if (!process.stderr.isTTY) return;
    const bar = bars.get(folder) ?? new Progbar(total, { write: text => process.stderr.write(text), verbose: 1, dynamic: true });
    bars.set(folder, bar);
    bar.update(done, {}, done === total);
  };
  return drawFaceFolders(folders, { images, seed, size, onProgress });
}

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w./\\:-]+$/.test(path) ? path : `"${path}"`);
