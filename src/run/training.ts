import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageDataGenerator } from '../data/directory.js';
import type { ImageIterator } from '../data/iterator.js';
import { OtherPicturesError } from '../data/picture_list.js';
import { DeviceGoneError, type Executor } from '../engine/executor.js';
import { setRandomSeed } from '../engine/random.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import type { Callback } from '../nn/callbacks/callback.js';
import { ModelCheckpoint } from '../nn/callbacks/model_checkpoint.js';
import { NotFiniteError } from '../nn/finite.js';
import type { History } from '../nn/fit.js';
import type { FitState } from '../nn/fit_state.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { adam } from '../nn/optimizers.js';
import { circumstances } from '../node/circumstances.js';
import { checkpointFor, loadCheckpoint } from '../node/files.js';
import { note } from '../node/terminal.js';
import { checkFolders } from './check_folders.js';
import { extraOf, type TrainExtra } from './extra.js';
import { RunFiles } from './files.js';
import { keepLater } from './folder.js';
import { historyCsv, historyFiles } from './history_files.js';
import { LAST } from './names.js';
import { settingsOf, type TrainOptions } from './options.js';
import { checkClasses, readFolder } from './reading.js';

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

/** The options of a run that has its seed, and the classes of its folders. */
export interface CheckedRun {
  readonly options: TrainOptions & { readonly seed: number };
  readonly classes: readonly string[];
}

interface Pictures {
  readonly data: ImageIterator;
  readonly validation: ImageIterator;
}

/** A run whose model is compiled and whose pictures are read. */
export interface ReadyRun extends CheckedRun, Pictures {
  readonly model: Sequential;
  readonly extra: TrainExtra;
}

/**
 * Seeds the streams. Throws where the options or folders could not make a run, before anything long is begun. `print` writes lines for people, here and in
 * readyRun().
 */
export async function checkRun(given: TrainOptions, print: (line: string) => void): Promise<CheckedRun> {
  const options = { ...given, seed: given.seed ?? Math.floor(Math.random() * 2 ** 32) };
  setRandomSeed(options.seed);
  if (!options.resume) print(`Seed ${options.seed}`);
  for (const name of ['verify', 'profile'] as const) {
    if (options.device === 'cpu' && options[name]) throw new Error(`--${name} looks at what the GPU does: leave out --device cpu`);
  }
  const classes = await checkFolders(options);
  return { options, classes };
}

/** Compiles a run's model, so that a device that is too small for it says so first, and reads the pictures; `onProgress` is told of each folder's. */
export async function readyRun(
  checked: CheckedRun,
  executor: Executor,
  print: (line: string) => void,
  onProgress?: (folder: string, done: number, total: number) => void,
): Promise<ReadyRun> {
  const { model, extra } = await compileRun(checked, executor);
  try {
    const pictures = await readPictures(checked, print, onProgress);
    const { options } = checked;
    if (options.resume !== undefined && !options.otherPictures) restorePictures(options.resume, model.training!, options, pictures);
    return { ...checked, model, extra, ...pictures };
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function readPictures(
  { options }: CheckedRun,
  print: (line: string) => void,
  onProgress: ((folder: string, done: number, total: number) => void) | undefined,
): Promise<Pictures> {
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
  return { data, validation };
}

/** Compiles a new model, or that of a checkpoint. */
async function compileRun({ options, classes }: CheckedRun, executor: Executor): Promise<Pick<ReadyRun, 'model' | 'extra'>> {
  const { resume, learningRate, seed } = options;
  if (resume === undefined) {
    const model = faceMaskNetwork({ imageSize: options.imageSize, classes: classes.length, seed });
    const loss = { name: 'binaryCrossentropy', from: options.loss } as const;
    await model.compile({ optimizer: adam(learningRate === undefined ? {} : { learningRate }), loss, metrics: ['acc'], executor });
    return { model, extra: { classes, rescale: RESCALE, best: undefined, settings: settingsOf(options) } };
  }
  const checkpoint = await loadCheckpoint(resume);
  if (!checkpoint.training) throw new Error(`${resume} holds weights only: there is no run to go on with`);
  const extra = extraOf(resume, checkpoint);
  checkClasses(options.train, classes, resume, extra.classes);
  return { model: await compileCheckpoint(checkpoint, executor, learningRate), extra };
}

/** Puts the pictures where the run of a checkpoint left them; throws, naming the file and the folder, where they are others than it had. */
function restorePictures(
  file: string,
  { source, validationSource }: FitState,
  options: CheckedRun['options'],
  { data, validation }: Pictures,
): void {
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

/** Trains, and writes the best epochs' checkpoints, the last one, also in the midst of epochs, and the history after each epoch. */
export async function trainRun(
  { options, model, data, validation, extra }: ReadyRun,
  executor: Executor,
  { signal, callbacks, lastCallbacks = [] }: TrainRunOptions,
): Promise<TrainedRun> {
  const files = new RunFiles();
  const last = join(options.out, LAST);
  // What is not on the disk yet is not what a run that goes on must be better than.
  let bestWritten = extra.best;
  const best = new ModelCheckpoint({
    filepath: options.checkpoint,
    saveBestOnly: true,
    save: async name => {
      const path = join(options.out, name);
      await files.write('best', path, await checkpointFor(path, model, { ...extra, best: best.best }));
    },
    ...(extra.best !== undefined && { initialValueThreshold: extra.best }),
  });
  const everyMs = 60_000 * options.saveEvery;
  let lastSave = performance.now();
  let savedStep: number | undefined;
  const save = async (): Promise<void> => {
    if (savedStep === undefined && options.resume !== undefined && !options.overwrite) await keepLater(last, options.resume);
    if (files.isWritten('best') && Number.isFinite(best.best)) bestWritten = best.best;
    await files.write('last', last, await checkpointFor(last, model, { ...extra, best: bestWritten }));
    if (files.isWritten('last')) savedStep = model.step;
    lastSave = performance.now();
  };
  const about = { ...circumstances(executor.description), seed: model.seed, batchSize: options.batchSize, images: data.samples };
  const saveHistory = async (): Promise<void> => {
    const { history } = model.training!;
    if (!history.loss) return;
    for (const [name, content] of historyFiles(history, about)) await files.write(name, join(options.out, name), content);
  };
  const saving: Callback = {
    // The program may have been ended between a checkpoint and its history.
    onTrainBegin: async () => {
      if (options.resume === undefined) return;
      const written = await readFile(join(options.out, 'history.csv'), 'utf8').catch(() => undefined);
      if (written !== historyCsv(model.training!.history)) await saveHistory();
    },
    onEpochEnd: async () => {
      await save();
      await saveHistory();
    },
  };
  const training = model.fit(data, {
    epochs: options.epochs,
    maxSteps: options.maxSteps,
    validationData: validation,
    callbacks: [...callbacks, best, saving, ...lastCallbacks],
    signal,
    autosave: { isDue: () => performance.now() - lastSave >= everyMs, save },
    resume: options.resume === undefined ? undefined : model.training,
    otherData: options.otherPictures,
  });
  const history = await training.catch(async (error: Error) => {
    if (error instanceof DeviceGoneError) {
      if (savedStep === undefined || savedStep < model.step) await save();
      const rest = savedStep === undefined ? `${last} could not be written` : `Saved after step ${savedStep}: go on with --resume ${last}`;
      throw new DeviceGoneError(`${error.message}. ${rest}`, { cause: error });
    }
    if (!(error instanceof NotFiniteError)) throw error;
    const from = savedStep === undefined ? options.resume : `${last}, saved after step ${savedStep}`;
    const rest = from === undefined ? 'Nothing had been saved before it' : `The last checkpoint before it is ${from}`;
    throw new NotFiniteError(`${error.message}. ${rest}.`, { cause: error });
  });
  // A run that had nothing left to do may have been taken to another folder.
  if (history.interrupted || !existsSync(last)) await save();
  await files.finish();
  return { history, last };
}
