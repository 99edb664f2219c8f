import type { Listing } from '../data/dataframe.js';
import type { ImageIterator } from '../data/iterator.js';
import { OtherPicturesError } from '../data/picture_list.js';
import { CHANNELS } from '../data/resize.js';
import type { Executor } from '../engine/executor.js';
import { setRandomSeed } from '../engine/random.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import type { ClassWeight } from '../nn/class_weights.js';
import { optimizerFromConfig } from '../nn/config.js';
import type { FitState } from '../nn/fit_state.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { note } from '../nn/notes.js';
import { adam } from '../nn/optimizers.js';
import { checkAugmentation } from './augmentation.js';
import { classWeightOf, inequalityNote } from './class_weight.js';
import { extraOf, type TrainExtra } from './extra.js';
import { settingsOf, type TrainOptions } from './options.js';
import { type Begin, lossOf, type Origin, seededModel, setFrozen } from './origin.js';
import { checkValidation } from './validation.js';
import { RESCALE } from './values.js';
import { perClass } from './words.js';

/** The options of a run that has its seed, the classes of its folders, and what it begins from. */
export interface CheckedRun {
  readonly options: TrainOptions & { readonly seed: number };
  readonly classes: readonly string[];
  readonly origin?: Origin | undefined;
  /** The images of what is learned from and of what is judged by, where tables list them. */
  readonly listings?: Readonly<Record<'train' | 'validation', Listing | undefined>>;
}

export interface Pictures {
  readonly data: ImageIterator;
  readonly validation: ImageIterator;
}

/** What curves and the best epochs' names show. */
const METRICS = ['acc'] as const;

/** A run's model, and what its checkpoints keep besides it. */
export interface CompiledRun {
  readonly model: Sequential;
  readonly extra: TrainExtra;
}

/** A run whose model is compiled and whose pictures are read. */
export interface ReadyRun extends Omit<CheckedRun, 'origin' | 'listings'>, Pictures, CompiledRun {
  readonly classWeight: ClassWeight | undefined;
}

/** The options with a seed, which is drawn where none is given, and the streams seeded by it. Throws where the options are against one another. */
export function seeded({ options: given, origin }: Begin, print: (line: string) => void): CheckedRun['options'] {
  const options = { ...given, seed: given.seed ?? Math.floor(Math.random() * 2 ** 32) };
  setRandomSeed(options.seed);
  if (origin?.how !== 'run') print(`Seed ${options.seed}`);
  checkAugmentation(options);
  checkValidation(options);
  return options;
}

/** Compiles a run's model, so that a device that is too small for it says so first, and then reads the pictures. `print` writes lines for people. */
export async function readyWith(
  checked: CheckedRun,
  executor: Executor,
  print: (line: string) => void,
  readPictures: (compiled: CompiledRun) => Promise<Pictures>,
): Promise<ReadyRun> {
  const compiled = await compileRun(checked, executor);
  const { model } = compiled;
  try {
    const pictures = await readPictures(compiled);
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

/** Compiles a new model, or that of a file. */
async function compileRun({ options, classes, origin }: CheckedRun, executor: Executor): Promise<CompiledRun> {
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
