import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { imageDataGenerator } from '../data/directory.js';
import type { ImageIterator } from '../data/iterator.js';
import { OtherPicturesError } from '../data/picture_list.js';
import { CHANNELS, colorModeOf } from '../data/resize.js';
import type { Executor } from '../engine/executor.js';
import { setRandomSeed } from '../engine/random.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import type { FitState } from '../nn/fit_state.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { adam } from '../nn/optimizers.js';
import { ensureWritable, loadCheckpoint } from '../node/files.js';
import { note } from '../node/terminal.js';
import { augmentationOf, checkAugmentation } from './augmentation.js';
import { checkFolders } from './check_folders.js';
import { classModeOf } from './classes.js';
import { extraOf, type TrainExtra } from './extra.js';
import { TAKEN } from './names.js';
import { settingsOf, type TrainOptions } from './options.js';
import { readFolder } from './reading.js';
import { RESCALE } from './values.js';
import { checkClasses } from './words.js';

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
  checkAugmentation(options);
  for (const name of ['verify', 'profile'] as const) {
    if (options.device === 'cpu' && options[name]) throw new Error(`--${name} looks at what the GPU does: leave out --device cpu`);
  }
  if (typeof options.profile === 'string') await checkTrace(options.profile, options.out);
  const classes = await checkFolders(options);
  return { options, classes };
}

/** Throws where the file of --profile could not be written at the run's end, or would be another of the run's. */
async function checkTrace(file: string, out: string): Promise<void> {
  const wrong = (reason: string): Error => new Error(`--profile ${file}: ${reason}, wanted the name of a new file`);
  if (TAKEN.some(name => resolve(out, name) === resolve(file))) throw wrong('the run keeps another file there');
  if ((await stat(file).catch(() => undefined))?.isDirectory()) throw wrong('it is a folder');
  await ensureWritable(dirname(file));
}

/** Compiles a run's model, so that a device that is too small for it says so first, and reads the pictures; `onProgress` is told of each folder's. */
export async function readyRun(
  checked: CheckedRun,
  executor: Executor,
  print: (line: string) => void,
  onProgress?: (folder: string, done: number, total: number) => void,
): Promise<ReadyRun> {
  const compiled = await compileRun(checked, executor);
  const { model } = compiled;
  try {
    const pictures = await readPictures(checked, compiled, print, onProgress);
    const { options } = checked;
    if (options.resume !== undefined && !options.otherPictures) restorePictures(options.resume, model.training!, options, pictures);
    return { ...checked, ...compiled, ...pictures };
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function readPictures(
  { options }: CheckedRun,
  { model, extra: { rescale } }: Pick<ReadyRun, 'model' | 'extra'>,
  print: (line: string) => void,
  onProgress: ((folder: string, done: number, total: number) => void) | undefined,
): Promise<Pictures> {
  const read = (folder: string, generator: ReturnType<typeof imageDataGenerator>): Promise<ImageIterator> =>
    readFolder(
      generator,
      folder,
      {
        targetSize: options.imageSize,
        colorMode: colorModeOf(model.inputShape[2]!)!,
        classMode: classModeOf(model),
        batchSize: options.batchSize,
        skipBroken: options.skipBroken,
        onProgress: (done, total) => onProgress?.(folder, done, total),
      },
      print,
    );
  const data = await read(options.train, imageDataGenerator({ rescale, compat: options.compat, ...augmentationOf(options) }));
  const validation = await read(options.validation, imageDataGenerator({ rescale }));
  return { data, validation };
}

/** Compiles a new model, or that of a checkpoint. */
async function compileRun({ options, classes }: CheckedRun, executor: Executor): Promise<Pick<ReadyRun, 'model' | 'extra'>> {
  const { resume, learningRate, seed } = options;
  if (resume === undefined) {
    const model = faceMaskNetwork({
      imageSize: options.imageSize,
      channels: CHANNELS[options.colorMode ?? 'rgb'],
      classes: classes.length,
      seed,
    });
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
