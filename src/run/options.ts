import type { Compat } from '../data/transform.js';
import { optional, type Read } from '../nn/json.js';
import { checkpointTemplate } from './checkpoint_template.js';
import type { DeviceOptions } from './device.js';
import { choice, flag, flagOrText, type Kind, path, pixels, positive, whole } from './values.js';

/**
 * An option of a run. From its record derive the flag of `wgrad train` and its help, the type of its value, what a checkpoint fixes, and the page's form. Safe
 * in a browser.
 */
export interface RunOption<T> {
  readonly kind: Kind<T>;
  /** As commander takes it: '--epochs <n>'. What --no-… turns off is on. */
  readonly flag: string;
  readonly help: string;
  readonly default?: T;
  readonly isRequired?: true;
  /** Whether it shapes a run from its first step on, so that a run that goes on keeps it. */
  readonly isKept?: true;
  /** How the form of a new run on the page shows it; others stand only on the command line. */
  readonly field?: Field<T>;
}

interface Field<T> {
  /** One for each input that it has. */
  readonly labels: readonly string[];
  /** What an empty input means. */
  readonly hint?: string;
  /** What it holds at first, where that is not the default. */
  readonly initial?: T;
}

const option = <T, const O extends Omit<RunOption<T>, 'kind'>>(kind: Kind<T>, rest: O): O & { readonly kind: Kind<T> } => ({
  kind,
  ...rest,
});

/** What Adam takes where no option says it. */
const LEARNING_RATE = '0.001';

/** By name, in the order of the help. */
export const RUN_OPTIONS = {
  train: option(path, {
    flag: '--train <dir>',
    help: 'images to learn from',
    isRequired: true,
    field: { labels: ['Training folder'], initial: 'train' },
  }),
  validation: option(path, {
    flag: '--validation <dir>',
    help: 'images to judge by',
    isRequired: true,
    field: { labels: ['Validation folder'], initial: 'validation' },
  }),
  epochs: option(whole(1), { flag: '--epochs <n>', help: 'in all, also after --resume', default: 10, field: { labels: ['Epochs'] } }),
  seed: option(whole(0, 2 ** 32 - 1), {
    flag: '--seed <n>',
    help: 'of weights, dropout, order and augmentation; without it one is drawn and printed',
    isKept: true,
    field: { labels: ['Seed'], hint: 'drawn' },
  }),
  batchSize: option(whole(1), {
    flag: '--batch-size <n>',
    help: 'images a step',
    default: 10,
    isKept: true,
    field: { labels: ['Batch size'] },
  }),
  imageSize: option(pixels, {
    flag: '--image-size <HxW>',
    help: 'pixels that images are resized to',
    default: [150, 150],
    isKept: true,
    field: { labels: ['Height', 'Width'] },
  }),
  out: option(path, {
    flag: '--out <dir>',
    help: 'where checkpoints and the history go',
    default: 'out',
    field: { labels: ['Checkpoints and history go to'] },
  }),
  checkpoint: option(
    { ...path, parse: checkpointTemplate },
    {
      flag: '--checkpoint <template>',
      help: "name of the best epochs' files within --out, as Keras' ModelCheckpoint formats it",
      default: 'model2-{epoch:03d}.safetensors',
    },
  ),
  saveEvery: option(positive, {
    flag: '--save-every <minutes>',
    help: 'how often the state is also saved in the midst of epochs',
    default: 5,
  }),
  overwrite: option(flag, { flag: '--overwrite', help: "write over another run's files in --out" }),
  maxSteps: option(whole(1), {
    flag: '--max-steps <n>',
    help: 'end after so many steps in all',
    field: { labels: ['Steps at most'], hint: 'all' },
  }),
  learningRate: option(positive, {
    flag: '--lr <x>',
    help: `Adam's learning rate (default ${LEARNING_RATE})`,
    field: { labels: ['Learning rate'], hint: LEARNING_RATE },
  }),
  loss: option(choice('logits', 'probs'), {
    flag: '--loss <logits|probs>',
    help: 'binary cross-entropy as tf.keras 2.3 and later has it, or on probabilities',
    default: 'logits',
    isKept: true,
  }),
  compat: option(choice<Compat>('keras-2.9', 'keras-preprocessing-1.1.2'), {
    flag: '--compat <release>',
    help: 'affine maps as in keras-2.9 or keras-preprocessing-1.1.2',
    default: 'keras-2.9',
    isKept: true,
  }),
  augment: option(flag, {
    flag: '--no-augment',
    help: 'use the images as they are',
    default: true,
    isKept: true,
    field: { labels: ['Augment the pictures'] },
  }),
  skipBroken: option(flag, { flag: '--skip-broken', help: 'leave out images that cannot be read' }),
  resume: option(path, {
    flag: '--resume <file>',
    help: 'go on from a checkpoint, as if never interrupted',
    field: { labels: ['Go on from'], hint: 'a checkpoint, or nothing' },
  }),
  otherPictures: option(flag, { flag: '--other-pictures', help: 'with --resume, go on with other pictures than the run had' }),
  verify: option(flag, { flag: '--verify', help: 'check each kernel of the first step against the CPU reference' }),
  profile: option(flagOrText, {
    flag: '--profile [file]',
    help: 'show what each kernel takes; with a file, write its timeline there for chrome://tracing or ui.perfetto.dev',
  }),
  studio: option(flag, { flag: '--studio', help: 'show the run on a page: see also `wgrad studio`' }),
  json: option(flag, { flag: '--json', help: 'print one JSON object a line' }),
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
export type RunSettings = Pick<RunOptions, Having<{ readonly isKept: true }>>;

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
