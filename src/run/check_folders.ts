import { constants } from 'node:buffer';
import { listFolder } from '../data/folder.js';
import { CHANNELS, type ColorMode } from '../data/resize.js';
import { sizeOf } from '../engine/shape.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { formatBytes, memoryLeft } from '../node/memory.js';
import { type LabelOptions, listLabelled } from './labels.js';
import { classOrder, type Origin, setFrozen, weightsOf } from './origin.js';
import { checkClasses, listed as names } from './words.js';

/** Numbers that a run keeps of each weight: itself and Adam's two moments, which each checkpoint holds too. */
const KEPT = 3;

export interface RunFolders extends LabelOptions {
  readonly train: string;
  /** Absent where a part of `train` is judged by. */
  readonly validation?: string | undefined;
  readonly imageSize: readonly [number, number];
  readonly batchSize: number;
  readonly colorMode?: ColorMode | undefined;
  /** In which order, where not sorted. */
  readonly classes?: readonly string[] | undefined;
  readonly keepWeights?: boolean | undefined;
  readonly freeze?: readonly string[] | undefined;
}

/**
 * The classes of a run's folders. Throws, before any picture is read, where they could not be learned, where images are too small for the network, or where
 * those of a batch and the network's weights do not fit into memory.
 */
export async function checkFolders(run: RunFolders, origin?: Origin): Promise<readonly string[]> {
  const { train, validation, imageSize, batchSize, colorMode = 'rgb' } = run;
  const listed = await listLabelled(train, run);
  if (run.labels !== undefined && validation !== undefined) {
    throw new Error(
      `--labels ${run.labels} is of the images in --train: judge by a part of them, --split or --validation-split, in place of --validation`,
    );
  }
  const other = validation === undefined ? undefined : await listFolder(validation);
  const { classNames } = listed;
  if (classNames.length < 2)
    throw new Error(`${run.labels ?? train} has one class, ${names(classNames)}; wanted at least two to tell apart`);
  if (validation !== undefined && other) checkClasses(validation, other.classNames, train, classNames);
  const classes = classOrder(run, origin, classNames);
  const channels = CHANNELS[colorMode];
  const model = origin?.checkpoint.model ?? networkFor(imageSize, classNames.length, channels);
  if (run.freeze) setFrozen(model, run.freeze);
  // A checkpoint's numbers are in memory already.
  const weights = origin && origin.how !== 'network' ? 0 : weightsOf(model);
  // Of more than one batch the pictures need not be in memory together.
  const images = Math.min(batchSize, Math.max(listed.filenames.length, other?.filenames.length ?? 0));
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
  return classes;
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
