import { CHANNELS, type ColorMode } from '../data/resize.js';
import type { Compat } from '../data/transform.js';
import { optional, type Read } from '../nn/json.js';
import { AUGMENTATION_OPTIONS, GROUP } from './augmentation.js';
import { checkpointTemplate } from './checkpoint_template.js';
import { classWeights } from './class_weight.js';
import type { DeviceOptions } from './device.js';
import { option, type RunOption } from './option.js';
import { byteCount, choice, flag, flagOrText, fraction, type Kind, layers, names, path, pixels, positive, share, whole } from './values.js';

/** Of options for networks from files. */
const NETWORK = 'Network of a model file';

const COLOR_MODES = Object.keys(CHANNELS) as ColorMode[];

/** What Adam takes where no option says it. */
const LEARNING_RATE = '0.001';

/** By name, in the order of the help. */
export const RUN_OPTIONS = {
  train: option('--train <dir>', 'images to train with', path, {
    isRequired: true,
    field: { labels: ['Training folder'], initial: 'train' },
  }),
  labels: option('--labels <file>', 'table of labels for the images in the folder: CSV, TSV or JSON lines', path, {
    isKept: 'unlessGiven',
  }),
  fileColumn: option('--file-column <name>', 'column of --labels that names files (default filename)', path, { isKept: true }),
  labelColumn: option('--label-column <name>', 'column of --labels that holds labels (default class)', path, { isKept: true }),
  validation: option('--validation <dir>', 'images to validate with', path, {
    field: { labels: ['Validation folder'], initial: 'validation' },
  }),
  validationLabels: option(
    '--validation-labels <file>',
    'table of labels for the images to validate with, with the columns of --labels; they are in --validation, or else in --train',
    path,
    { isKept: 'unlessGiven' },
  ),
  split: option('--split <x>', 'validate with this share of each class of --train, drawn by the seed, instead of --validation', share, {
    isKept: true,
    field: { labels: ['Validation split'], hint: 'none' },
  }),
  validationSplit: option('--validation-split <x>', "validate with the first files of each class, as Keras' validation_split does", share, {
    isKept: true,
  }),
  epochs: option('--epochs <n>', 'epochs in total, also after --resume', whole(1), { default: 10, field: { labels: ['Epochs'] } }),
  seed: option(
    '--seed <n>',
    'seed of weights, dropout, order, augmentation and --split; default: a random one, which is printed',
    whole(0, 2 ** 32 - 1),
    {
      isKept: true,
      field: { labels: ['Seed'], hint: 'random' },
    },
  ),
  batchSize: option('--batch-size <n>', 'images per step', whole(1), { default: 10, isKept: true, field: { labels: ['Batch size'] } }),
  imageSize: option('--image-size <HxW>', 'resize images to these pixels', pixels, {
    default: [150, 150],
    isKept: true,
    field: { labels: ['Height', 'Width'] },
  }),
  colorMode: option('--color-mode <mode>', 'how images are read: rgb (default), grayscale or rgba', choice(...COLOR_MODES), {
    isKept: true,
    field: { labels: ['Colours'], hint: 'rgb (default)' },
  }),
  out: option('--out <dir>', 'folder for checkpoints and the history', path, {
    default: 'out',
    field: { labels: ['Output folder'] },
  }),
  checkpoint: option(
    '--checkpoint <template>',
    "file name of the best epochs within --out, formatted as by Keras' ModelCheckpoint",
    { ...path, parse: checkpointTemplate },
    { default: 'model2-{epoch:03d}.safetensors' },
  ),
  saveEvery: option('--save-every <minutes>', 'how often the state is also saved during an epoch', positive, { default: 5 }),
  overwrite: option('--overwrite', "overwrite another run's files in --out", flag, {
    field: { labels: ["Overwrite another run's files"] },
  }),
  maxSteps: option('--max-steps <n>', 'stop after this many steps in total', whole(1), { field: { labels: ['Most steps'], hint: 'all' } }),
  learningRate: option('--lr <x>', `Adam's learning rate (default ${LEARNING_RATE})`, positive, {
    field: { labels: ['Learning rate'], hint: LEARNING_RATE },
  }),
  loss: option(
    '--loss <logits|probs>',
    'binary cross-entropy on logits, as in tf.keras 2.3 and later, or on probabilities',
    choice('logits', 'probs'),
    { default: 'logits', isKept: true },
  ),
  classWeight: option('--class-weight <w>', 'balanced: all classes count the same; or a weight for each, NAME=W,NAME=W', classWeights, {
    isKept: true,
    field: { labels: ['Class weights'], hint: 'none' },
  }),
  compat: option(
    '--compat <release>',
    'affine maps as in keras-2.9 or keras-preprocessing-1.1.2',
    choice<Compat>('keras-2.9', 'keras-preprocessing-1.1.2'),
    { default: 'keras-2.9', isKept: true },
  ),
  augment: option('--no-augment', 'do not augment the images', flag, {
    default: true,
    isKept: true,
    field: { labels: ['Augment the pictures'] },
  }),
  ...AUGMENTATION_OPTIONS,
  augmentation: option('--augmentation <file>', "JSON file with these by Keras' names: rotation_range and so on", path, { group: GROUP }),
  dropDuplicates: option('--drop-duplicates', 'leave out validation images that are nearly the same as a training image', flag, {
    isKept: true,
  }),
  memory: option(
    '--memory <size>',
    "most memory for decoded images, such as 512M or 1G; larger sets are read from the cache (default: a quarter of the machine's, at most 2G)",
    byteCount,
    {},
  ),
  cacheSize: option(
    '--cache-size <size>',
    'most disk space for decoded images that are kept for the next start; 0 keeps none (default: 20G)',
    byteCount,
    {},
  ),
  skipBroken: option('--skip-broken', 'leave out images that cannot be read', flag, {}),
  resume: option('--resume <file>', "resume from a checkpoint, as if never interrupted, or from another program's model", path, {
    field: { labels: ['Resume from'], hint: 'a checkpoint or model (optional)' },
  }),
  network: option('--network <file>', 'train the network of a model file, with new weights', path, {
    group: NETWORK,
    field: { labels: ['File'], hint: "the program's own network" },
  }),
  keepWeights: option('--keep-weights', "start with the file's weights", flag, {
    group: NETWORK,
    field: { labels: ["The file's weights"] },
  }),
  freeze: option('--freeze <layer...>', 'names of the layers not to train', layers, {
    group: NETWORK,
    field: { labels: ['Layers not to train'], hint: 'names, with commas' },
  }),
  classes: option('--classes <a,b>', "class folders in the order of the network's outputs (default: sorted)", names, {
    isKept: true,
    group: NETWORK,
  }),
  rescale: option('--rescale <x>', 'factor for the bytes of images (default: 1/255, or what the file says)', fraction, {
    isKept: true,
    group: NETWORK,
    field: { labels: ['Bytes times'], hint: '1/255' },
  }),
  otherPictures: option('--other-pictures', 'with --resume, allow other images than the run had', flag, {}),
  verify: option('--verify', 'check each kernel of the first step against the CPU reference', flag, {}),
  profile: option(
    '--profile [file]',
    'show the time of each kernel; with a file, write a timeline there for chrome://tracing or ui.perfetto.dev',
    flagOrText,
    {},
  ),
  studio: option('--studio', 'show the run on a page; see also `wgrad studio`', flag, {}),
  json: option('--json', 'print one JSON object per line', flag, {}),
};

type Records = typeof RUN_OPTIONS;
export type OptionName = keyof Records;
type Having<Part> = { [N in OptionName]: Records[N] extends Part ? N : never }[OptionName];
type ValueOf<N extends OptionName> = Records[N]['kind'] extends Kind<infer T> ? T : never;
type CertainName = Having<{ readonly isRequired: true } | { readonly default: unknown }>;

/** The options of a run by name. */
export type RunOptions = { readonly [N in CertainName]: ValueOf<N> } & {
  readonly [N in Exclude<OptionName, CertainName>]?: ValueOf<N> | undefined;
};

export interface TrainOptions extends RunOptions, DeviceOptions {}

/** Those that a checkpoint fixes. */
export type RunSettings = Pick<RunOptions, Having<{ readonly isKept: unknown }>>;

/** Those that the page's form has. Folders and files are paths on the server's machine. */
export type RunConfig = Pick<RunOptions, Having<{ readonly field: unknown }>>;

export const recordOf = (name: OptionName): RunOption<unknown> => RUN_OPTIONS[name];

const has =
  <K extends keyof RunOption<unknown>>(part: K) =>
  (name: OptionName): name is Having<Record<K, unknown>> =>
    part in RUN_OPTIONS[name];

export const OPTION_NAMES = Object.keys(RUN_OPTIONS) as OptionName[];
export const KEPT_NAMES = OPTION_NAMES.filter(has('isKept'));
export const FORM_NAMES = OPTION_NAMES.filter(has('field'));

/** Whether an option may be left out, and has no default then. */
export const isOptional = (name: OptionName): boolean => !has('isRequired')(name) && !has('default')(name);

/** A value for each of these options; undefined ones are left out. The compiler can't see that `give` gives each its own type: callers answer for it. */
export function eachOption<N extends OptionName>(names: readonly N[], give: (name: N) => unknown): Pick<RunOptions, N> {
  const values = names.map(name => [name, give(name)] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(values) as Pick<RunOptions, N>;
}

/** Reads an option of a checkpoint or a page. */
export const readOption = (name: OptionName): Read<unknown> =>
  isOptional(name) ? optional(recordOf(name).kind.read) : recordOf(name).kind.read;

export const DEFAULTS = eachOption(OPTION_NAMES.filter(has('default')), name => recordOf(name).default);

/** What the form of a new run holds at first. */
export const FORM_DEFAULTS: RunConfig = eachOption(FORM_NAMES, name => recordOf(name).field?.initial ?? recordOf(name).default);

/** What a checkpoint keeps of a run's options. */
export const settingsOf = (options: RunOptions): RunSettings => eachOption(KEPT_NAMES, name => options[name]);
