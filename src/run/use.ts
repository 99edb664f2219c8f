import { type ColorMode, colorModeOf } from '../data/resize.js';
import type { Checkpoint } from '../formats/checkpoint.js';
import type { LayerStack } from '../nn/layer_stack.js';
import { note } from '../nn/notes.js';
import { classCount } from './classes.js';
import { extraOf } from './extra.js';
import { fraction, RESCALE, textOf } from './values.js';
import { checkClasses, checkKnown, listed } from './words.js';

/** What a person says of a model, where its file does not, or against it. */
export interface UseOptions {
  /** Names of the classes, in the order of the model's outputs. */
  readonly classes?: readonly string[] | undefined;
  /** What bytes are multiplied with. */
  readonly rescale?: number | undefined;
  /** The file of the network that a file of weights alone is for. */
  readonly network?: string | undefined;
  /** See LoadOptions. */
  readonly memory?: number | undefined;
  readonly cacheSize?: number | undefined;
}

/** A model's file that is opened, and how pictures go in and what comes out. */
export interface UsedModel {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  /** What bytes are multiplied with. */
  readonly rescale: number;
  readonly colorMode: ColorMode;
  /** Names of the classes, where the file or the person says them. */
  readonly named: readonly string[] | undefined;
  /** Two where the model has a single output, which says how likely the second is. */
  readonly count: number;
}

/** How a model that was read is used for pictures; says what had to be assumed. Throws where the model is not one for pictures and classes. */
export function useCheckpoint(file: string, checkpoint: Checkpoint, options: Pick<UseOptions, 'classes' | 'rescale'>): UsedModel {
  const { model, extra } = checkpoint;
  for (const each of checkpoint.notes) note(`${file}: ${each}.`);
  const colorMode = checkShapes(file, model);
  const count = classCount(model);
  const read = extraOf(file, checkpoint);
  const named = namesOf(file, count, extra.classes === undefined ? undefined : read.classes, options.classes);
  return { file, checkpoint, rescale: rescaleOf(file, checkpoint, options.rescale), colorMode, named, count };
}

/** Colour mode of the pictures that a model takes; throws, naming the file, where it takes none, or does not give a number for each class. */
export function checkShapes(file: string, { inputShape, outputShape }: Pick<LayerStack, 'inputShape' | 'outputShape'>): ColorMode {
  const colorMode = inputShape.length === 3 ? colorModeOf(inputShape[2]!) : undefined;
  if (colorMode === undefined) {
    const wanted = '[height, width, 3] (or 1 where they are grey, 4 with alpha)';
    throw new Error(`${file}: its network takes [${inputShape.join(', ')}], wanted one for pictures, ${wanted}`);
  }
  if (outputShape.length !== 1) {
    throw new Error(`${file}: its network gives [${outputShape.join(', ')}], wanted a number for each class`);
  }
  return colorMode;
}

/** Names of a model's classes: those that are given, else its own. Throws where they are not as many as it tells apart. */
export function namesOf(
  file: string,
  count: number,
  own: readonly string[] | undefined,
  given: readonly string[] | undefined,
): readonly string[] | undefined {
  if (given === undefined) return own;
  if (given.length !== count) {
    throw new Error(`--classes has ${given.length} names, the network of ${file} tells ${count} classes apart`);
  }
  const differs = own?.some((name, i) => name !== given[i]);
  if (differs) note(`${file} has the classes ${listed(own!)}: those of --classes are taken in their place.`);
  return given;
}

/** What pictures' bytes are multiplied with: what is given, what the file says, or what is assumed and said. */
export function rescaleOf(file: string, { model, extra }: Pick<Checkpoint, 'model' | 'extra'>, given: number | undefined): number {
  const own = extra.rescale as number | undefined;
  if (given !== undefined) {
    if (own !== undefined && own !== given) {
      note(`${file} was trained with bytes times ${textOf(fraction, own)}: --rescale ${textOf(fraction, given)} is taken in its place.`);
    }
    return given;
  }
  if (own !== undefined) return own;
  const scales = model.layers.some(({ layer }) => layer.className === 'Rescaling');
  const assumed = scales ? 1 : RESCALE;
  note(
    `${file} does not say what pictures' bytes are multiplied with: ${textOf(fraction, assumed)} is taken${
      scales ? ', as it has a Rescaling layer' : ''
    }. --rescale says another.`,
  );
  return assumed;
}

/** Names of the model's classes: its own, or numbers. */
export const classesOf = ({ named, count }: UsedModel): readonly string[] => named ?? Array.from({ length: count }, (_, i) => `class ${i}`);

/** Classes of a folder, or of a table, in the order of the model's outputs. Throws where it has others than the model. */
export function classesFor(
  { file, named, count }: UsedModel,
  folder: string,
  found: readonly string[],
  isTable = false,
): readonly string[] {
  if (named && isTable) {
    checkKnown(folder, found, file, named);
    return named;
  }
  if (named) checkClasses(folder, found.length === count && named.every(name => found.includes(name)) ? named : found, file, named);
  else if (found.length !== count) {
    throw new Error(`${folder} has ${found.length} classes, ${listed(found)}; wanted ${count}, as the network of ${file} tells apart`);
  }
  return named ?? found;
}
