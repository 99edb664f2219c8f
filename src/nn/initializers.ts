import type { PythonRandom } from '../engine/random.js';
import { type Shape, sizeOf } from '../engine/shape.js';
import { statelessNormal, statelessTruncatedNormal, statelessUniform } from '../engine/stateless.js';
import { choice, number, object, part, type Read, shown, WantedError, whole } from './json.js';

/** Says what a weight begins with: drawn when that is asked for, by a seed that is taken at once, the next of `seeds`. */
export type Initializer = (shape: Shape, seeds: PythonRandom) => () => Float32Array;

/** What a weight begins with, as Keras' JSON has it: { className: 'HeNormal', config: { seed: null } }. */
export interface InitializerConfig {
  readonly className: string;
  /** Fields that are missing have Keras' defaults. `seed`: a whole number, or null for the next of the model's seeds. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Seeds are drawn as Keras draws them: integers from 1 to this. Source: tf_keras/src/backend.py, RandomGenerator */
const LARGEST_SEED = 1e9;

/** The deviation of a normal distribution of deviation 1 that is cut at two deviations. */
const TRUNCATED_DEVIATION = 0.8796256610342398;

/** Draws a weight's numbers. */
type Draw = (shape: Shape, seed: number) => Float32Array;

/** A kind of initializer: what it is made with, and what it draws. */
interface Kind<C = object> {
  readonly config: Read<C>;
  /** Undefined where the same numbers come without a seed. */
  draw?(config: C): Draw;
  fill?(config: C): number;
}

const MODES = ['fan_in', 'fan_out', 'fan_avg'] as const;
const DISTRIBUTIONS = ['truncated_normal', 'untruncated_normal', 'uniform'] as const;

interface Scaling {
  readonly scale: number;
  readonly mode: (typeof MODES)[number];
  readonly distribution: (typeof DISTRIBUTIONS)[number];
}

/** How many numbers go into one of a layer's output, and out of one of its input: those of a kernel [height, width, channels, filters] times the window. */
function fansOf(shape: Shape): { readonly fan_in: number; readonly fan_out: number } {
  if (shape.length < 2) return { fan_in: shape[0] ?? 1, fan_out: shape[0] ?? 1 };
  const [fanIn, fanOut] = shape.slice(-2).map(length => length * sizeOf(shape.slice(0, -2))) as [number, number];
  return { fan_in: fanIn, fan_out: fanOut };
}

/** Numbers whose variance is scale / fan. */
const scaling =
  ({ scale, mode, distribution }: Scaling): Draw =>
  (shape, seed) => {
    const fans = fansOf(shape);
    const variance = scale / Math.max(1, mode === 'fan_avg' ? (fans.fan_in + fans.fan_out) / 2 : fans[mode]);
    const size = sizeOf(shape);
    if (distribution === 'truncated_normal') return statelessTruncatedNormal(size, seed, 0, Math.sqrt(variance) / TRUNCATED_DEVIATION);
    if (distribution === 'untruncated_normal') return statelessNormal(size, seed, 0, Math.sqrt(variance));
    const limit = Math.sqrt(3 * variance);
    return statelessUniform(size, seed, -limit, limit);
  };

const defaultTo =
  <T>(read: Read<T>, otherwise: T): Read<T> =>
  (value, at) =>
    value === undefined || value === null ? otherwise : read(value, at);

/** A seed of Keras' JSON; null where there is none. */
const readSeed: Read<number | null> = (value, at) => (value === undefined || value === null ? null : whole(-(2 ** 53) + 1)(value, at));

const kind = <C extends object>(of: Kind<C>): Kind => of as Kind;

/** One of the rules that have no more to say than a seed. */
const rule = (rules: Scaling): Kind => kind({ config: part({ seed: readSeed }), draw: () => scaling(rules) });

interface Normal {
  readonly mean: number;
  readonly stddev: number;
  readonly seed: number | null;
}

const normal = (draw: (size: number, seed: number, mean: number, deviation: number) => Float32Array): Kind =>
  kind<Normal>({
    config: part<Normal>({ mean: defaultTo(number(), 0), stddev: defaultTo(number(0), 0.05), seed: readSeed }),
    draw:
      ({ mean, stddev }) =>
      (shape, seed) =>
        draw(sizeOf(shape), seed, mean, stddev),
  });

/** In older files 'normal' is the truncated one. */
const readDistribution: Read<Scaling['distribution']> = (value, at) =>
  value === 'normal' ? 'truncated_normal' : choice(...DISTRIBUTIONS)(value, at);

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['GlorotUniform', rule({ scale: 1, mode: 'fan_avg', distribution: 'uniform' })],
  ['GlorotNormal', rule({ scale: 1, mode: 'fan_avg', distribution: 'truncated_normal' })],
  ['HeUniform', rule({ scale: 2, mode: 'fan_in', distribution: 'uniform' })],
  ['HeNormal', rule({ scale: 2, mode: 'fan_in', distribution: 'truncated_normal' })],
  ['LecunUniform', rule({ scale: 1, mode: 'fan_in', distribution: 'uniform' })],
  ['LecunNormal', rule({ scale: 1, mode: 'fan_in', distribution: 'truncated_normal' })],
  [
    'VarianceScaling',
    kind<Scaling & { readonly seed: number | null }>({
      config: part<Scaling & { readonly seed: number | null }>({
        scale: defaultTo(number(Number.MIN_VALUE), 1),
        mode: defaultTo(choice(...MODES), 'fan_in'),
        distribution: defaultTo(readDistribution, 'truncated_normal'),
        seed: readSeed,
      }),
      draw: scaling,
    }),
  ],
  [
    'RandomUniform',
    kind<{ readonly minval: number; readonly maxval: number; readonly seed: number | null }>({
      config: part({ minval: defaultTo(number(), -0.05), maxval: defaultTo(number(), 0.05), seed: readSeed }),
      draw:
        ({ minval, maxval }) =>
        (shape, seed) =>
          statelessUniform(sizeOf(shape), seed, minval, maxval),
    }),
  ],
  ['RandomNormal', normal(statelessNormal)],
  ['TruncatedNormal', normal(statelessTruncatedNormal)],
  ['Zeros', kind({ config: part({}), fill: () => 0 })],
  ['Ones', kind({ config: part({}), fill: () => 1 })],
  ['Constant', kind<{ readonly value: number }>({ config: part({ value: defaultTo(number(), 0) }), fill: ({ value }) => value })],
  // Known, so that files which name them open; to draw them takes a decomposition, or a square.
  ['Orthogonal', kind({ config: part({ gain: defaultTo(number(), 1), seed: readSeed }) })],
  ['Identity', kind({ config: part({ gain: defaultTo(number(), 1) }) })],
]);

/** Keras' other names: 'he_normal', and some short ones. */
const SHORT: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...[...KINDS.keys()].map(name => [name.replace(/(?<=.)([A-Z])/g, '_$1').toLowerCase(), name] as const),
  ['uniform', 'RandomUniform'],
  ['normal', 'RandomNormal'],
  ['zero', 'Zeros'],
  ['one', 'Ones'],
]);

export type InitializerName =
  | `${'glorot' | 'he' | 'lecun'}_${'uniform' | 'normal'}`
  | 'random_uniform'
  | 'random_normal'
  | 'truncated_normal'
  | 'variance_scaling'
  | 'zeros'
  | 'ones'
  | 'constant';

/** An initializer, or Keras' name for one with its defaults. */
export type InitializerOption = InitializerName | InitializerConfig;

/** Whether it is one of Keras' own. */
export const isKnown = ({ className }: InitializerConfig): boolean => KINDS.has(className);

/**
 * Reads an initializer from options, from our files and from Keras' JSON of any release. One of another class is kept by its name: weights of a file replace
 * what it would draw, and drawing throws.
 */
export const readInitializer: Read<InitializerConfig> = (value, at) => {
  if (typeof value === 'string') {
    const className = SHORT.get(value) ?? value;
    if (!KINDS.has(className)) throw new WantedError(value, at, `one of ${[...SHORT.keys()].join(', ')}`);
    return readInitializer({ className, config: {} }, at);
  }
  const given = new Map(Object.entries(object(value, at)));
  const name = given.get('className') ?? given.get('class_name');
  const className = SHORT.get(name) ?? name;
  if (typeof className !== 'string') throw new WantedError(name, `${at}.className`, 'the name of an initializer');
  const found = KINDS.get(className);
  if (!found) return { className, config: {} };
  return { className, config: { ...found.config(object(given.get('config') ?? {}, `${at}.config`), `${at}.config`) } };
};

/** What an initializer gives. */
export function initializerOf({ className, config }: InitializerConfig): Initializer {
  const { fill, draw } = KINDS.get(className) ?? {};
  if (fill) return shape => () => new Float32Array(sizeOf(shape)).fill(fill(config));
  return (shape, seeds) => {
    const seed = (config.seed as number | null | undefined) ?? 1 + seeds.below(LARGEST_SEED);
    return () => {
      if (draw) return draw(config)(shape, seed);
      throw new Error(`initializer ${shown(className)} can't be drawn here; set the weights, or take one of ${DRAWN.join(', ')}`);
    };
  };
}

const DRAWN = [...SHORT].flatMap(([short, name]) => (KINDS.get(name)!.draw || KINDS.get(name)!.fill ? [short] : []));

/**
 * Glorot's uniform rule, each weight by a seed of its own.
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010,
 * https://proceedings.mlr.press/v9/glorot10a.html
 */
export const glorot: Initializer = initializerOf({ className: 'GlorotUniform', config: { seed: null } });

export const zeros: Initializer = initializerOf({ className: 'Zeros', config: {} });

export const ones: Initializer = initializerOf({ className: 'Ones', config: {} });
