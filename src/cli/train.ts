import { join } from 'node:path';
import type { Command } from 'commander';
import { verifyStep } from '../check/verify.js';
import { imageDataGenerator } from '../data/directory.js';
import type { ImageIterator } from '../data/iterator.js';
import type { Compat } from '../data/transform.js';
import type { Executor } from '../engine/executor.js';
import { setRandomSeed } from '../engine/random.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { ModelCheckpoint } from '../nn/callbacks/model_checkpoint.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { adam } from '../nn/optimizers.js';
import { ProgressBar } from '../nn/progress.js';
import { pythonFormat } from '../nn/python_format.js';
import { circumstances } from '../node/circumstances.js';
import { ensureWritable, loadCheckpoint, saveCheckpoint } from '../node/files.js';
import {
  action,
  addDeviceOptions,
  choice,
  type DeviceOptions,
  endAtOnce,
  imageSize,
  integer,
  note,
  noteParts,
  positiveNumber,
  printJson,
  withExecutor,
} from './common.js';
import { readFolder } from './data.js';
import { extraOf, type TrainExtra } from './extra.js';
import { writeHistory } from './history_files.js';
import { Profiler } from './profile.js';
import { JsonProgress, PlainProgress } from './progress.js';
import { settingsOf, withRunSettings } from './resume.js';

export interface TrainOptions extends DeviceOptions {
  readonly train: string;
  readonly validation: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly imageSize: [number, number];
  readonly seed?: number | undefined;
  readonly out: string;
  readonly checkpoint: string;
  readonly maxSteps?: number;
  readonly lr?: number;
  readonly loss: 'logits' | 'probs';
  readonly compat: Compat;
  readonly augment: boolean;
  readonly skipBroken?: boolean;
  readonly resume?: string;
  readonly verify?: boolean;
  /** With a name, a file for the trace. */
  readonly profile?: boolean | string;
  readonly json?: boolean;
}

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train the face-mask network on folders of images, one subfolder a class')
    .requiredOption('--train <dir>', 'images to learn from')
    .requiredOption('--validation <dir>', 'images to judge by')
    .option('--epochs <n>', 'in all, also after --resume', integer(1), 10)
    .option('--batch-size <n>', 'images a step', integer(1), 10)
    .option('--image-size <HxW>', 'pixels that images are resized to', imageSize, [150, 150] as [number, number])
    .option('--seed <n>', 'of weights, dropout, order and augmentation; without it one is drawn and printed', integer(0, 2 ** 32 - 1))
    .option('--out <dir>', 'where checkpoints and the history go', 'out')
    .option(
      '--checkpoint <template>',
      "name of the best epochs' files, as Keras' ModelCheckpoint takes it",
      'model2-{epoch:03d}.safetensors',
    )
    .option('--max-steps <n>', 'end after so many steps in all', integer(1))
    .option('--lr <x>', "Adam's learning rate (default 0.001)", positiveNumber)
    .option(
      '--loss <logits|probs>',
      'binary cross-entropy as tf.keras 2.3 and later has it, or on probabilities',
      choice('logits', 'probs'),
      'logits',
    )
    .option(
      '--compat <release>',
      'affine maps as in keras-2.9 or keras-preprocessing-1.1.2',
      choice('keras-2.9', 'keras-preprocessing-1.1.2'),
      'keras-2.9',
    )
    .option('--no-augment', 'use the images as they are')
    .option('--skip-broken', 'leave out images that cannot be read')
    .option('--resume <file>', 'go on from a checkpoint, as if never interrupted')
    .option('--verify', 'check each kernel of the first step against the CPU reference')
    .option(
      '--profile [file]',
      'show what each kernel takes; with a file, write its timeline there for chrome://tracing or ui.perfetto.dev',
    )
    .option('--json', 'print one JSON object a line');
  addDeviceOptions(command).action(action(async (options: TrainOptions) => train(await withRunSettings(options, command))));
}

/** The seed's augmentation. */
export const AUGMENTATION = {
  rotationRange: 40,
  widthShiftRange: 0.2,
  heightShiftRange: 0.2,
  shearRange: 0.2,
  zoomRange: 0.2,
  horizontalFlip: true,
  fillMode: 'nearest',
} as const;

export const RESCALE = 1 / 255;

/** Trains as the options say. Exits 130 after Ctrl-C, with everything saved to go on from. */
export async function train(options: TrainOptions): Promise<void> {
  const print = options.json ? note : (line: string): void => console.log(line);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  setRandomSeed(seed);
  if (!options.resume) print(`Seed ${seed}`);
  // What would stop the run at its first epoch's end stops it here.
  pythonFormat(options.checkpoint, { epoch: 1, loss: 0, acc: 0, val_loss: 0, val_acc: 0 });
  await ensureWritable(options.out);
  const folder = { targetSize: options.imageSize, batchSize: options.batchSize, skipBroken: options.skipBroken };
  const generator = imageDataGenerator({ rescale: RESCALE, compat: options.compat, ...(options.augment && AUGMENTATION) });
  const data = await readFolder(generator, options.train, folder, print);
  const validation = await readFolder(imageDataGenerator({ rescale: RESCALE }), options.validation, folder, print);
  const classes = Object.keys(data.classIndices);
  if (classes.length < 2) throw new Error(`${options.train} has one class, '${classes[0]}'; wanted at least two to tell apart`);
  if (classes.join('/') !== Object.keys(validation.classIndices).join('/')) {
    throw new Error(
      `the classes of ${options.train} are ${classes.join(', ')}, those of ${options.validation} ${Object.keys(validation.classIndices).join(', ')}`,
    );
  }
  await withExecutor(options, async executor => {
    const { model, extra } = await prepareModel(options, classes, seed, executor);
    if (options.verify) await verify(model, data, executor, print);
    await noteParts(model, 'train', data);
    await run(options, model, data, validation, extra, executor);
    await model.close();
  });
}

/** A new model, or that of a checkpoint. */
async function prepareModel(
  options: TrainOptions,
  classes: readonly string[],
  seed: number,
  executor: Executor,
): Promise<{ model: Sequential; extra: TrainExtra }> {
  const { resume, lr } = options;
  if (resume === undefined) {
    const model = faceMaskNetwork({ imageSize: options.imageSize, classes: classes.length, seed });
    const loss = { name: 'binaryCrossentropy', from: options.loss } as const;
    await model.compile({ optimizer: adam(lr === undefined ? {} : { learningRate: lr }), loss, metrics: ['acc'], executor });
    return { model, extra: { classes, rescale: RESCALE, best: undefined, settings: settingsOf({ ...options, seed }) } };
  }
  const checkpoint = await loadCheckpoint(resume);
  if (!checkpoint.training) throw new Error(`${resume} holds weights only: there is no run to go on with`);
  const extra = extraOf(checkpoint.extra);
  if (classes.join('/') !== extra.classes.join('/')) {
    throw new Error(`the classes of ${options.train} are ${classes.join(', ')}, those of ${resume} ${extra.classes.join(', ')}`);
  }
  return { model: await compileCheckpoint(checkpoint, executor, lr), extra };
}

async function verify(model: Sequential, data: ImageIterator, executor: Executor, print: (line: string) => void): Promise<void> {
  const results = await verifyStep(model, data, executor, ({ name, error, ok }) =>
    print(`${ok ? 'ok   ' : 'WRONG'} ${name}: error ${error.toExponential(1)}`),
  );
  const wrong = results.find(result => !result.ok);
  if (wrong) throw new Error(`the first kernel to differ from the CPU reference is ${wrong.name}: ${wrong.detail}`);
  print(`All ${results.length} kernels of the first step agree with the CPU reference.`);
}

async function run(
  options: TrainOptions,
  model: Sequential,
  data: ImageIterator,
  validation: ImageIterator,
  extra: TrainExtra,
  executor: Executor,
): Promise<void> {
  const last = join(options.out, 'last.safetensors');
  const best = new ModelCheckpoint({
    filepath: join(options.out, options.checkpoint),
    saveBestOnly: true,
    save: filepath => saveCheckpoint(filepath, model, { ...extra, best: best.best }),
    ...(extra.best !== undefined && { initialValueThreshold: extra.best }),
  });
  const save = (): Promise<void> => saveCheckpoint(last, model, { ...extra, best: Number.isFinite(best.best) ? best.best : undefined });
  const about = { ...circumstances(executor.description), seed: model.seed, batchSize: options.batchSize, images: data.samples };
  const files = {
    onEpochEnd: async (): Promise<void> => {
      await save();
      await writeHistory(options.out, model.training!.history, about);
    },
  };
  const profiler = options.profile ? await Profiler.start(model, data, executor) : undefined;
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) endAtOnce();
    note('\nInterrupted: finishing this step and saving. Once more to end at once.');
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const history = await model.fit(data, {
      epochs: options.epochs,
      maxSteps: options.maxSteps,
      validationData: validation,
      callbacks: [...(profiler ? [profiler] : []), best, files, progress(options)],
      signal: interrupt.signal,
      resume: options.resume === undefined ? undefined : model.training,
    });
    await profiler?.report({ json: Boolean(options.json), file: typeof options.profile === 'string' ? options.profile : undefined });
    if (history.interrupted) {
      await save();
      note(`Saved. Go on with --resume ${last}`);
      process.exitCode = 130;
      return;
    }
    const epochs = history.epoch.length;
    if (options.json)
      printJson({
        event: 'end',
        epochs,
        steps: model.step,
        best_val_loss: Math.min(...(history.history.val_loss ?? [])),
        out: options.out,
      });
    else console.log(`Checkpoints and history are in ${options.out}`);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function progress({ json }: TrainOptions): ProgressBar | JsonProgress | PlainProgress {
  if (json) return new JsonProgress();
  if (!process.stdout.isTTY) return new PlainProgress();
  return new ProgressBar({ write: text => process.stdout.write(text), verbose: 1, dynamic: true });
}
