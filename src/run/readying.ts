import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { imageDataGenerator } from '../data/directory.js';
import type { ImageIterator } from '../data/iterator.js';
import { OtherPicturesError } from '../data/picture_list.js';
import { CHANNELS, colorModeOf } from '../data/resize.js';
import type { Subset } from '../data/split.js';
import type { Executor } from '../engine/executor.js';
import { setRandomSeed } from '../engine/random.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import type { ClassWeight } from '../nn/class_weights.js';
import { optimizerFromConfig } from '../nn/config.js';
import type { FitState } from '../nn/fit_state.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { adam } from '../nn/optimizers.js';
import { ensureWritable } from '../node/files.js';
import { note } from '../node/terminal.js';
import { augmentationOf, checkAugmentation } from './augmentation.js';
import { checkFolders } from './check_folders.js';
import { checkClassWeights, classWeightOf, inequalityNote } from './class_weight.js';
import { classModeOf } from './classes.js';
import { extraOf, type TrainExtra } from './extra.js';
import { TAKEN } from './names.js';
import { settingsOf, type TrainOptions } from './options.js';
import { type Begin, lossOf, type Origin, seededModel, setFrozen } from './origin.js';
import { readFolder } from './reading.js';
import { checkValidation } from './validation.js';
import { RESCALE } from './values.js';
import { perClass } from './words.js';

/** The options of a run that has its seed, the classes of its folders, and what it begins from. */
export interface CheckedRun {
  readonly options: TrainOptions & { readonly seed: number };
  readonly classes: readonly string[];
  readonly origin?: Origin | undefined;
}

interface Pictures {
  readonly data: ImageIterator;
  readonly validation: ImageIterator;
}

/** What curves and the best epochs' names show. */
const METRICS = ['acc'] as const;

/** A run whose model is compiled and whose pictures are read. */
export interface ReadyRun extends Omit<CheckedRun, 'origin'>, Pictures {
  readonly model: Sequential;
  readonly extra: TrainExtra;
  readonly classWeight: ClassWeight | undefined;
}

/**
 * Seeds the streams. Throws where the options or folders could not make a run, before anything long is begun. `print` writes lines for people, here and in
 * readyRun().
 */
export async function checkRun({ options: given, origin }: Begin, print: (line: string) => void): Promise<CheckedRun> {
  const options = { ...given, seed: given.seed ?? Math.floor(Math.random() * 2 ** 32) };
  setRandomSeed(options.seed);
  if (origin?.how !== 'run') print(`Seed ${options.seed}`);
  checkAugmentation(options);
  checkValidation(options);
  for (const name of ['verify', 'profile'] as const) {
    if (options.device === 'cpu' && options[name]) throw new Error(`--${name} looks at what the GPU does: leave out --device cpu`);
  }
  if (typeof options.profile === 'string') await checkTrace(options.profile, options.out);
  const classes = await checkFolders(options, origin);
  checkClassWeights(options.classWeight, classes);
  return { options, classes, origin };
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
    const { options, classes } = checked;
    if (model.training && !options.otherPictures) restorePictures(options.resume!, model.training, options, pictures);
    const classWeight = classWeightOf(options.classWeight, pictures.data.classes, classes);
    if (classWeight)
      print(
        `Class weights: ${perClass(
          classes,
          Object.values(classWeight).map(each => Number(each.toPrecision(4))),
        )}`,
      );
    const unequal = options.classWeight === undefined ? inequalityNote(pictures.data.classes, classes) : undefined;
    if (unequal) note(unequal);
    return { options, classes, classWeight, ...compiled, ...pictures };
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function readPictures(
  { options, classes }: CheckedRun,
  { model, extra: { rescale } }: Pick<ReadyRun, 'model' | 'extra'>,
  print: (line: string) => void,
  onProgress: ((folder: string, done: number, total: number) => void) | undefined,
): Promise<Pictures> {
  const read = (folder: string, subset: Subset | undefined, generator: ReturnType<typeof imageDataGenerator>): Promise<ImageIterator> =>
    readFolder(
      generator,
      folder,
      {
        targetSize: options.imageSize,
        colorMode: colorModeOf(model.inputShape[2]!)!,
        classMode: classModeOf(model),
        classes,
        batchSize: options.batchSize,
        skipBroken: options.skipBroken,
        subset,
        onProgress: (done, total) => onProgress?.(folder, done, total),
      },
      print,
    );
  const { train, validation: judged, split, validationSplit = split, seed } = options;
  // Of one folder the same parts are taken at each start: a run that goes on keeps the seed and the share.
  const isParted = judged === undefined;
  const given = { rescale, ...(isParted && { validationSplit, splitSeed: split === undefined ? undefined : seed }) };
  const augmented = imageDataGenerator({ compat: options.compat, ...augmentationOf(options), ...given });
  const data = await read(train, isParted ? 'training' : undefined, augmented);
  const validation = await read(judged ?? train, isParted ? 'validation' : undefined, imageDataGenerator(given));
  return { data, validation };
}

/** Compiles a new model, or that of a file. */
async function compileRun({ options, classes, origin }: CheckedRun, executor: Executor): Promise<Pick<ReadyRun, 'model' | 'extra'>> {
  const { learningRate, seed } = options;
  if (origin?.how === 'run') {
    const { file, checkpoint } = origin;
    return {
      model: await compileCheckpoint(checkpoint, executor, learningRate),
      extra: { ...extraOf(file, checkpoint), classes, rescale: origin.rescale },
    };
  }
  const extra = { classes, rescale: options.rescale ?? origin?.rescale ?? RESCALE, best: undefined, settings: settingsOf(options) };
  if (origin?.how === 'model') {
    const { checkpoint } = origin;
    const model = await seededModel(origin, options);
    const compile = { ...checkpoint.compile!, loss: lossOf(origin, options), metrics: METRICS };
    return { model: await compileCheckpoint({ ...checkpoint, model, compile }, executor, learningRate), extra };
  }
  const rate = learningRate === undefined ? {} : { learningRate };
  if (origin) {
    const { compile, untrainable } = origin.checkpoint;
    const own = untrainable === undefined ? compile?.optimizer : undefined;
    const optimizer = own
      ? optimizerFromConfig(learningRate === undefined ? own : { ...own, learningRate, schedule: undefined })
      : adam(rate);
    const model = await seededModel(origin, options);
    await model.compile({ optimizer, loss: lossOf(origin, options), metrics: METRICS, executor });
    return { model, extra };
  }
  const channels = CHANNELS[options.colorMode ?? 'rgb'];
  const model = faceMaskNetwork({ imageSize: options.imageSize, channels, classes: classes.length, seed });
  if (options.freeze) setFrozen(model, options.freeze);
  const loss = { name: 'binaryCrossentropy', from: options.loss } as const;
  await model.compile({ optimizer: adam(rate), loss, metrics: METRICS, executor });
  return { model, extra };
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
    [options.validation ?? options.train, validation, validationSource],
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
