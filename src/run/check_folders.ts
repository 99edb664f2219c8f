import { constants } from 'node:buffer';
import { CHANNELS, type ColorMode } from '../data/resize.js';
import { sizeOf } from '../engine/shape.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { formatBytes, memoryLeft } from '../node/memory.js';
import { type LabelOptions, type ListedImages, listLabelled } from './labels.js';
import { classOrder, type Origin, setFrozen, weightsOf } from './origin.js';
import { checkClasses, checkKnown, listed as names } from './words.js';

/** Numbers that a run keeps of each weight: itself and Adam's two moments, which each checkpoint holds too. */
const KEPT = 3;

export interface RunFolders extends LabelOptions {
  readonly train: string;
  /** Absent where a part of `train` is judged by. */
  readonly validation?: string | undefined;
  /** A second table, of what is judged by: its images are in `validation`, or else in `train`. */
  readonly validationLabels?: string | undefined;
  readonly imageSize: readonly [number, number];
  readonly batchSize: number;
  readonly colorMode?: ColorMode | undefined;
  /** In which order, where not sorted. */
  readonly classes?: readonly string[] | undefined;
  readonly keepWeights?: boolean | undefined;
  readonly freeze?: readonly string[] | undefined;
}

/** What a run's folders have. */
export interface CheckedFolders {
  /** In the order of the network's outputs. */
  readonly classes: readonly string[];
  readonly trained: ListedImages;
  /** Absent where a part of those is judged by. */
  readonly judged: ListedImages | undefined;
}

/**
 * The classes and images of a run's folders. Throws, before any picture is read, where they could not be learned, where images are too small for the network, or where
 * those of a batch and the network's weights do not fit into memory.
 */
export async function checkFolders(run: RunFolders, origin?: Origin): Promise<CheckedFolders> {
  const { train, labels, imageSize, batchSize, colorMode = 'rgb' } = run;
  checkTables(run);
  const [trained, judged] = await listBoth(run).catch(error => {
    if (origin?.how !== 'run' || labels === undefined) throw error;
    throw new Error(`${(error as Error).message}. The run in ${origin.file} learned by a table: --labels says where it is now`, {
      cause: error,
    });
  });
  const { classNames } = trained;
  const source = labels ?? train;
  if (classNames.length < 2) throw new Error(`${source} has one class, ${names(classNames)}; wanted at least two to tell apart`);
  if (judged) (judged.listing ? checkKnown : checkClasses)(run.validationLabels ?? run.validation!, judged.classNames, source, classNames);
  const classes = classOrder(run, origin, classNames);
  const channels = CHANNELS[colorMode];
  const model = origin?.checkpoint.model ?? networkFor(imageSize, classNames.length, channels);
  if (run.freeze) setFrozen(model, run.freeze);
  // A checkpoint's numbers are in memory already.
  const weights = origin && origin.how !== 'network' ? 0 : weightsOf(model);
  // Of more than one batch the pictures need not be in memory together.
  const images = Math.min(batchSize, Math.max(trained.filenames.length, judged?.filenames.length ?? 0));
  const imageBytes = images * channels * sizeOf(imageSize);
  const weightBytes = weights * KEPT * Float32Array.BYTES_PER_ELEMENT;
  const left = memoryLeft();
  if (imageBytes + weightBytes > left || imageBytes > constants.MAX_LENGTH) {
    const network =
      weights > 0 ? ` and the network's ${weights.toLocaleString('en')} weights with their moments ${formatBytes(weightBytes)}` : '';
    throw new Error(
      `${origin ? `${origin.file} takes ${imageSize.join('x')}` : option(imageSize)}: ${images} image${images === 1 ? '' : 's'} would take ${formatBytes(imageBytes)}${network}, ${imageBytes > constants.MAX_LENGTH ? `one array holds ${formatBytes(constants.MAX_LENGTH)} and ` : ''}${formatBytes(left)} are free: use smaller images or a smaller batch`,
    );
  }
  return { classes, trained, judged };
}

/** Throws where tables are given that say nothing of the images they are to be for. */
function checkTables({ validation, labels, validationLabels }: RunFolders): void {
  if (validationLabels !== undefined && labels === undefined) {
    throw new Error(`--validation-labels ${validationLabels} is for runs that learn by a table: give it by --labels`);
  }
  if (labels === undefined || validation === undefined || validationLabels !== undefined) return;
  throw new Error(
    `--labels ${labels} says nothing of the images in --validation ${validation}: give their table by --validation-labels, or judge by a part of --train, --split or --validation-split`,
  );
}

/** What is learned from, and what is judged by where it is no part of that. */
async function listBoth(run: RunFolders): Promise<readonly [ListedImages, ListedImages | undefined]> {
  const { train, validation, validationLabels } = run;
  const trained = await listLabelled(train, run);
  if (validationLabels !== undefined) return [trained, await listLabelled(validation ?? train, { ...run, labels: validationLabels })];
  return [trained, validation === undefined ? undefined : await listLabelled(validation, {})];
}

const option = (imageSize: readonly [number, number]): string => `--image-size ${imageSize.join('x')}`;

/** The face-mask network for images of a size, to look at. Throws where they are too small for it. */
export function networkFor(imageSize: readonly [number, number], classes = 2, channels = 3): Sequential {
  try {
    return faceMaskNetwork({ imageSize, channels, classes, seed: 0 });
  } catch (error) {
    throw new Error(`${option(imageSize)}: ${(error as Error).message}`, { cause: error });
  }
}
