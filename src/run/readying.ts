import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Listing } from '../data/dataframe.js';
import { imageDataGenerator } from '../data/directory.js';
import type { ImageIterator } from '../data/iterator.js';
import { MemoryPixels } from '../data/pixels.js';
import { colorModeOf } from '../data/resize.js';
import type { Subset } from '../data/split.js';
import type { Executor } from '../engine/executor.js';
import { checkFree, ensureWritable } from '../node/files.js';
import { defaultMemory } from '../node/memory.js';
import { augmentationOf } from './augmentation.js';
import { checkFolders } from './check_folders.js';
import { checkClassWeights } from './class_weight.js';
import { classModeOf } from './classes.js';
import { type CheckedRun, type CompiledRun, type Pictures, type ReadyRun, readyWith, seeded } from './compiling.js';
import { withoutDuplicates } from './duplicates.js';
import { TAKEN } from './names.js';
import type { TrainOptions } from './options.js';
import type { Begin } from './origin.js';
import { readFolder } from './reading.js';

/**
 * Seeds the streams. Throws where the options or folders could not make a run, before anything long is begun. `print` writes lines for people, here and in
 * readyRun().
 */
export async function checkRun({ options: given, origin }: Begin, print: (line: string) => void): Promise<CheckedRun> {
  const options = seeded({ options: given, origin }, print);
  for (const name of ['verify', 'profile'] as const) {
    if (options.device === 'cpu' && options[name]) throw new Error(`--${name} looks at what the GPU does: leave out --device cpu`);
  }
  if (typeof options.profile === 'string') await checkTrace(options.profile, options);
  const { classes, trained, judged } = await checkFolders(options, origin);
  checkClassWeights(options.classWeight, classes);
  return { options, classes, origin, listings: { train: trained.listing, validation: judged?.listing } };
}

/** Throws where the file of --profile could not be written at the run's end, or would be written over another. */
async function checkTrace(file: string, { out, overwrite }: Pick<TrainOptions, 'out' | 'overwrite'>): Promise<void> {
  const wrong = (reason: string): Error => new Error(`--profile ${file}: ${reason}, wanted the name of a new file`);
  if (TAKEN.some(name => resolve(out, name) === resolve(file))) throw wrong('the run keeps another file there');
  if ((await stat(file).catch(() => undefined))?.isDirectory()) throw wrong('it is a folder');
  checkFree(file, overwrite);
  await ensureWritable(dirname(file));
}

/** Compiles a run's model and reads its folders: see readyWith(). `onProgress` is told of each folder's pictures. */
export const readyRun = (
  checked: CheckedRun,
  executor: Executor,
  print: (line: string) => void,
  onProgress?: (folder: string, done: number, total: number) => void,
): Promise<ReadyRun> => readyWith(checked, executor, print, compiled => readPictures(checked, compiled, print, onProgress));

async function readPictures(
  { options, classes, listings }: CheckedRun,
  { model, extra: { rescale } }: CompiledRun,
  print: (line: string) => void,
  onProgress: ((folder: string, done: number, total: number) => void) | undefined,
): Promise<Pictures> {
  const { memory = defaultMemory(), cacheSize } = options;
  const read = (
    folder: string,
    listing: Listing | undefined,
    subset: Subset | undefined,
    generator: ReturnType<typeof imageDataGenerator>,
    held: number,
  ): Promise<ImageIterator> =>
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
        listing,
        memory: memory - held,
        cacheSize,
        signatures: true,
        onProgress: (done, total) => onProgress?.(folder, done, total),
      },
      print,
    );
  const { train, validation: folder, validationLabels, split, validationSplit = split, seed } = options;
  // Of one folder the same parts are taken at each start: a run that goes on keeps the seed and the share.
  const isParted = folder === undefined && validationLabels === undefined;
  const given = { rescale, ...(isParted && { validationSplit, splitSeed: split === undefined ? undefined : seed }) };
  const augmented = imageDataGenerator({ compat: options.compat, ...augmentationOf(options), ...given });
  const data = await read(train, listings?.train, isParted ? 'training' : undefined, augmented, 0);
  const held = data.images.pixels instanceof MemoryPixels ? data.images.pixels.bytes.length : 0;
  const judged = isParted ? listings?.train : listings?.validation;
  const validation = await read(folder ?? train, judged, isParted ? 'validation' : undefined, imageDataGenerator(given), held);
  const flow = { batchSize: options.batchSize, classMode: classModeOf(model) };
  const rest = await withoutDuplicates(data.images, validation.images, options, print);
  return { data, validation: rest === validation.images ? validation : imageDataGenerator(given).flow(rest, flow) };
}
