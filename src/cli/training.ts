import { join } from 'node:path';
import { imageDataGenerator } from '../data/directory.js';
import type { ImageIterator } from '../data/iterator.js';
import { OtherPicturesError } from '../data/picture_list.js';
import type { Executor } from '../engine/executor.js';
import { setRandomSeed } from '../engine/random.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import type { Callback } from '../nn/callbacks/callback.js';
import { ModelCheckpoint } from '../nn/callbacks/model_checkpoint.js';
import type { FitState, History } from '../nn/fit.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { adam } from '../nn/optimizers.js';
import { pythonFormat } from '../nn/python_format.js';
import { circumstances } from '../node/circumstances.js';
import { ensureWritable, loadCheckpoint, saveCheckpoint } from '../node/files.js';
import { note } from './common.js';
import { checkClasses, listed, readFolder } from './data.js';
import { extraOf, type TrainExtra } from './extra.js';
import { writeHistory } from './history_files.js';
import { settingsOf } from './resume.js';
import type { TrainOptions } from './train.js';

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

/** The options of a run that has its seed, and its pictures. */
export interface ReadRun {
  readonly options: TrainOptions & { readonly seed: number };
  readonly data: ImageIterator;
  readonly validation: ImageIterator;
  readonly classes: readonly string[];
}

/** A run whose model is compiled. */
export interface ReadyRun extends ReadRun {
  readonly model: Sequential;
  readonly extra: TrainExtra;
}

/**
 * Seeds the streams and reads a run's pictures. Throws where the options or folders could not make a run, before anything long is begun. `print` writes
 * lines for people; `onProgress` is told of each folder's pictures.
 */
export async function readRun(
  given: TrainOptions,
  print: (line: string) => void,
  onProgress?: (folder: string, done: number, total: number) => void,
): Promise<ReadRun> {
  const options = { ...given, seed: given.seed ?? Math.floor(Math.random() * 2 ** 32) };
  setRandomSeed(options.seed);
  if (!options.resume) print(`Seed ${options.seed}`);
  // What would stop the run at its first epoch's end stops it here.
  pythonFormat(options.checkpoint, { epoch: 1, loss: 0, acc: 0, val_loss: 0, val_acc: 0 });
  await ensureWritable(options.out);
  const read = (folder: string, generator: ReturnType<typeof imageDataGenerator>): Promise<ImageIterator> =>
    readFolder(
      generator,
      folder,
      {
        targetSize: options.imageSize,
        batchSize: options.batchSize,
        skipBroken: options.skipBroken,
        onProgress: (done, total) => onProgress?.(folder, done, total),
      },
      print,
    );
  const data = await read(
    options.train,
    imageDataGenerator({ rescale: RESCALE, compat: options.compat, ...(options.augment && AUGMENTATION) }),
  );
  const validation = await read(options.validation, imageDataGenerator({ rescale: RESCALE }));
  const classes = data.classNames;
  if (classes.length < 2) throw new Error(`${options.train} has one class, ${listed(classes)}; wanted at least two to tell apart`);
  checkClasses(options.validation, validation.classNames, options.train, classes);
  return { options, data, validation, classes };
}

/** Compiles a new model, or that of a checkpoint. */
export async function readyRun(read: ReadRun, executor: Executor): Promise<ReadyRun> {
  const { options, classes } = read;
  const { resume, lr, seed } = options;
  if (resume === undefined) {
    const model = faceMaskNetwork({ imageSize: options.imageSize, classes: classes.length, seed });
    const loss = { name: 'binaryCrossentropy', from: options.loss } as const;
    await model.compile({ optimizer: adam(lr === undefined ? {} : { learningRate: lr }), loss, metrics: ['acc'], executor });
    return { ...read, model, extra: { classes, rescale: RESCALE, best: undefined, settings: settingsOf(options) } };
  }
  const checkpoint = await loadCheckpoint(resume);
  if (!checkpoint.training) throw new Error(`${resume} holds weights only: there is no run to go on with`);
  const extra = extraOf(resume, checkpoint);
  checkClasses(options.train, classes, resume, extra.classes);
  if (!options.otherPictures) restorePictures(resume, checkpoint.training, read);
  return { ...read, model: await compileCheckpoint(checkpoint, executor, lr), extra };
}

/** Puts the pictures where the run of a checkpoint left them; throws, naming the file and the folder, where they are others than it had. */
function restorePictures(file: string, { source, validationSource }: FitState, { options, data, validation }: ReadRun): void {
  const sets = [
    [options.train, data, source],
    [options.validation, validation, validationSource],
  ] as const;
  for (const [folder, images, state] of sets) {
    try {
      images.restore(state);
    } catch (error) {
      const goOn = error instanceof OtherPicturesError ? '. `wgrad train --other-pictures` goes on with them' : '';
      throw new Error(`${file} does not go on with ${folder}: ${(error as Error).message}${goOn}`, { cause: error });
    }
  }
  if ((source as { readonly list?: unknown }).list === undefined) {
    note(`${file} does not say which pictures it had, as older checkpoints: whether they are the same is not checked.`);
  }
}

export interface TrainRunOptions {
  /** When it aborts, the step under way is finished and the checkpoint saved. */
  readonly signal: AbortSignal;
  readonly callbacks: readonly Callback[];
  /** Called after the epoch's files are written. */
  readonly lastCallbacks?: readonly Callback[];
}

export interface TrainedRun {
  readonly history: History;
  /** The checkpoint to go on from; where the run was interrupted, it has been saved too. */
  readonly last: string;
}

/** Trains, and writes checkpoints and the history after each epoch. */
export async function trainRun(
  { options, model, data, validation, extra }: ReadyRun,
  executor: Executor,
  { signal, callbacks, lastCallbacks = [] }: TrainRunOptions,
): Promise<TrainedRun> {
  const last = join(options.out, 'last.safetensors');
  const best = new ModelCheckpoint({
    filepath: join(options.out, options.checkpoint),
    saveBestOnly: true,
    save: filepath => saveCheckpoint(filepath, model, { ...extra, best: best.best }),
    ...(extra.best !== undefined && { initialValueThreshold: extra.best }),
  });
  const save = (): Promise<void> => saveCheckpoint(last, model, { ...extra, best: Number.isFinite(best.best) ? best.best : undefined });
  const about = { ...circumstances(executor.description), seed: model.seed, batchSize: options.batchSize, images: data.samples };
  const files: Callback = {
    onEpochEnd: async () => {
      await save();
      await writeHistory(options.out, model.training!.history, about);
    },
  };
  const history = await model.fit(data, {
    epochs: options.epochs,
    maxSteps: options.maxSteps,
    validationData: validation,
    callbacks: [...callbacks, best, files, ...lastCallbacks],
    signal,
    resume: options.resume === undefined ? undefined : model.training,
    otherData: options.otherPictures,
  });
  if (history.interrupted) await save();
  return { history, last };
}
