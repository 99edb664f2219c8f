import type { ImageDataGeneratorOptions } from '../data/generator.js';
import { FILL_MODES, type FillMode } from '../ops/augment.js';
import { option } from './option.js';
import { between, choice, flag, type Kind, listOf, oneOr, pairOf } from './values.js';

/** What a run does to its pictures where no option says it: the program's own augmentation. */
export const AUGMENTATION = {
  rotationRange: 40,
  widthShiftRange: 0.2,
  heightShiftRange: 0.2,
  shearRange: 0.2,
  zoomRange: 0.2,
  horizontalFlip: true,
  fillMode: 'nearest',
} as const;

/** More pixels than any picture is wide. */
const MOST_PIXELS = 100_000;

const degrees = between(0, 360);
const shift = oneOr(between(0, MOST_PIXELS), listOf(between(-MOST_PIXELS, MOST_PIXELS)));
const factor = between(0, 100);

const FILLS = Object.keys(FILL_MODES) as FillMode[];

export const GROUP = 'Augmentation';

/** Of Keras' generator, kept by a run. */
const effect = <T>(spelt: string, help: string, kind: Kind<T>, label: string, hint = 'none') =>
  option(spelt, help, kind, { isKept: true, group: GROUP, field: { labels: [label], hint } });

/** Options of Keras' ImageDataGenerator by its names. Where one of them is given, the others have Keras' defaults. */
export const AUGMENTATION_OPTIONS = {
  rotationRange: effect('--rotation <degrees>', 'rotate by up to this angle, in either direction', degrees, 'Rotation, degrees'),
  widthShiftRange: effect(
    '--width-shift <x>',
    'shift left or right by up to this: a share below 1, pixels, or a list of pixels',
    shift,
    'Width shift',
  ),
  heightShiftRange: effect('--height-shift <x>', 'shift up or down, as --width-shift', shift, 'Height shift'),
  shearRange: effect('--shear <degrees>', 'shear by up to this angle, in either direction', degrees, 'Shear, degrees'),
  zoomRange: effect('--zoom <f>', 'zoom by 1 - f to 1 + f; or LOW,HIGH', oneOr(factor, pairOf(factor)), 'Zoom'),
  horizontalFlip: effect('--horizontal-flip', 'mirror half of the images', flag, 'Flip horizontally'),
  verticalFlip: effect('--vertical-flip', 'flip half of the images upside down', flag, 'Flip vertically'),
  channelShiftRange: effect('--channel-shift <n>', 'add up to this to all values, which are 0 to 255', between(0, 255), 'Channel shift'),
  brightnessRange: effect('--brightness <low,high>', 'multiply by a factor between these', pairOf(factor), 'Brightness, LOW,HIGH'),
  fillMode: effect(
    '--fill-mode <mode>',
    'how to fill what lies outside: nearest (default), constant, reflect or wrap',
    choice(...FILLS),
    'Fill mode',
    'nearest',
  ),
  cval: effect('--cval <n>', 'value for --fill-mode constant (default: 0)', between(0, 255), 'Fill value', '0'),
};

type AugmentationName = keyof typeof AUGMENTATION_OPTIONS;

/** In the order of the help. */
export const AUGMENTATION_NAMES = Object.keys(AUGMENTATION_OPTIONS) as AugmentationName[];

/** The options of a run that say what is done to its pictures at random. */
export type AugmentationSettings = { readonly [N in AugmentationName]?: ImageDataGeneratorOptions[N] | undefined } & {
  readonly augment: boolean;
};

/** Those that are given. */
export const givenOf = (options: Partial<AugmentationSettings>): AugmentationName[] =>
  AUGMENTATION_NAMES.filter(name => options[name] !== undefined && options[name] !== false);

/** What Keras' generator is given for a run: its own augmentation, the options that were given in its place, or nothing. */
export function augmentationOf(options: AugmentationSettings): ImageDataGeneratorOptions {
  if (!options.augment) return {};
  const isGiven = AUGMENTATION_NAMES.some(name => options[name] !== undefined);
  if (!isGiven) return AUGMENTATION;
  return Object.fromEntries(AUGMENTATION_NAMES.flatMap(name => (options[name] === undefined ? [] : [[name, options[name]]])));
}

/** Throws where pictures are to be left as they are, and changed too. */
export function checkAugmentation(options: AugmentationSettings): void {
  const [first] = givenOf(options);
  if (options.augment || first === undefined) return;
  const [spelt] = AUGMENTATION_OPTIONS[first].flag.split(' ');
  throw new Error(`${spelt} changes pictures at random and --no-augment leaves them as they are: give one of them`);
}
