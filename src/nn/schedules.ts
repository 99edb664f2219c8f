import { choice, fields, flag, list, number, object, optional, type Read, WantedError } from './json.js';

const { fround } = Math;

/** A learning rate that depends on the step. */
export interface Schedule {
  /** Keras' name of the class: 'ExponentialDecay'. */
  readonly className: ScheduleName;
  /** Keras' fields in camelCase: JSON. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The rate of a step, counted from 0, in float32 as Keras computes it. */
  at(step: number): number;
}

/** A kind of schedule. `C`: what one is made with. */
interface ScheduleRecord<C = object> {
  readonly config: Read<C>;
  rate(config: C, step: number): number;
}

const positive: Read<number> = (value, at) => {
  if (number()(value, at) > 0) return value as number;
  throw new WantedError(value, at, 'a number above 0');
};
const rate = number(0);

export interface ExponentialDecayConfig {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  /** Whether it falls at whole multiples of decaySteps alone. Default false. */
  readonly staircase?: boolean | undefined;
}

/** Steps over decaySteps; whole where the decay is a staircase. */
function progress(step: number, { decaySteps, staircase }: Pick<ExponentialDecayConfig, 'decaySteps' | 'staircase'>): number {
  const p = fround(fround(step) / fround(decaySteps));
  return staircase ? Math.floor(p) : p;
}

const decayFields = fields<ExponentialDecayConfig>({
  initialLearningRate: rate,
  decaySteps: positive,
  decayRate: rate,
  staircase: optional(flag),
});

/** initialLearningRate · decayRate ^ (step / decaySteps) */
const exponential: ScheduleRecord<ExponentialDecayConfig> = {
  config: decayFields,
  rate: (config, step) => fround(fround(config.initialLearningRate) * fround(fround(config.decayRate) ** progress(step, config))),
};

/** initialLearningRate / (1 + decayRate · step / decaySteps) */
const inverseTime: ScheduleRecord<ExponentialDecayConfig> = {
  config: decayFields,
  rate: (config, step) =>
    fround(fround(config.initialLearningRate) / fround(1 + fround(fround(config.decayRate) * progress(step, config)))),
};

export interface PiecewiseConstantDecayConfig {
  /** The last step of each value but the last. */
  readonly boundaries: readonly number[];
  /** One more than boundaries. */
  readonly values: readonly number[];
}

/** values[i] up to boundaries[i], and the last value after the last boundary */
const piecewise: ScheduleRecord<PiecewiseConstantDecayConfig> = {
  config(value, at) {
    const read = fields<PiecewiseConstantDecayConfig>({ boundaries: list(number(0)), values: list(rate) })(value, at);
    const { boundaries, values } = read;
    if (values.length !== boundaries.length + 1)
      throw new Error(`${at}.values has ${values.length} numbers, wanted one more than the ${boundaries.length} of boundaries`);
    const falls = boundaries.findIndex((each, i) => i > 0 && each <= boundaries[i - 1]!);
    if (falls >= 0) throw new WantedError(boundaries[falls], `${at}.boundaries[${falls}]`, 'a larger number than the one before');
    return read;
  },
  rate({ boundaries, values }, step) {
    const at = boundaries.findIndex(boundary => step <= boundary);
    return fround(values[at < 0 ? boundaries.length : at]!);
  },
};

export interface PolynomialDecayConfig {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** Default 1e-4. */
  readonly endLearningRate?: number | undefined;
  /** Default 1: a straight line. */
  readonly power?: number | undefined;
  /** Whether it begins again, longer each time, where it would be at its end. Default false. */
  readonly cycle?: boolean | undefined;
}

/** (initialLearningRate − endLearningRate) · (1 − step / decaySteps) ^ power + endLearningRate, with no step beyond decaySteps */
const polynomial: ScheduleRecord<PolynomialDecayConfig> = {
  config: fields<PolynomialDecayConfig>({
    initialLearningRate: rate,
    decaySteps: positive,
    endLearningRate: optional(rate),
    power: optional(rate),
    cycle: optional(flag),
  }),
  rate({ initialLearningRate, decaySteps, endLearningRate = 1e-4, power = 1, cycle = false }, step) {
    const [steps, end] = [fround(decaySteps), fround(endLearningRate)];
    const rounds = cycle && step > 0 ? Math.ceil(fround(fround(step) / steps)) : 1;
    const p = fround((cycle ? fround(step) : Math.min(fround(step), steps)) / fround(steps * rounds));
    const share = fround(fround(1 - p) ** fround(power));
    return fround(fround(fround(fround(initialLearningRate) - end) * share) + end);
  },
};

export interface CosineDecayConfig {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** Share of the rate that is left at the end. Default 0. */
  readonly alpha?: number | undefined;
  /** What the rate rises to, in warmupSteps steps, before it falls. Default: it falls from the first step on. */
  readonly warmupTarget?: number | undefined;
  readonly warmupSteps?: number | undefined;
}

/** rate · ((1 − alpha) · (1 + cos(π · step / decaySteps)) / 2 + alpha), after a straight line from the initial rate to the warm-up's target */
const cosine: ScheduleRecord<CosineDecayConfig> = {
  config: fields<CosineDecayConfig>({
    initialLearningRate: rate,
    decaySteps: positive,
    alpha: optional(number()),
    warmupTarget: optional(rate),
    warmupSteps: optional(number(0)),
  }),
  rate({ initialLearningRate, decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 }, step) {
    const [initial, steps] = [fround(initialLearningRate), fround(decaySteps)];
    const warmup = warmupTarget === undefined ? 0 : fround(warmupSteps);
    const from = warmupTarget === undefined ? initial : fround(warmupTarget);
    const now = Math.min(fround(step), fround(steps + warmup));
    if (now < warmup) return fround(fround(fround(from - initial) * fround(now / warmup)) + initial);
    const done = fround(fround(now - warmup) / steps);
    const cosined = fround(0.5 * fround(1 + fround(Math.cos(fround(fround(Math.PI) * done)))));
    return fround(from * fround(fround(fround(1 - alpha) * cosined) + fround(alpha)));
  },
};

const RECORDS = {
  ExponentialDecay: exponential,
  PiecewiseConstantDecay: piecewise,
  PolynomialDecay: polynomial,
  InverseTimeDecay: inverseTime,
  CosineDecay: cosine,
} satisfies Record<string, ScheduleRecord>;

export type ScheduleName = keyof typeof RECORDS;

const SCHEDULES: Readonly<Record<ScheduleName, ScheduleRecord>> = RECORDS;

export const SCHEDULE_NAMES = Object.keys(SCHEDULES) as ScheduleName[];

export const isSchedule = (value: unknown): value is Schedule =>
  typeof value === 'object' && value !== null && typeof (value as Schedule).at === 'function';

/** The schedule of a class by its config; throws where that makes no sense. `at` begins the message. */
export function scheduleOf(className: ScheduleName, config: Readonly<Record<string, unknown>>, at: string = className): Schedule {
  const record = SCHEDULES[className];
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const read = record.config(given, at);
  return { className, config: given, at: step => record.rate(read, step) };
}

/** Reads what a schedule is made of from a file: { className, config }. */
export const readSchedule: Read<Schedule> = (value, at) => {
  const { className, config } = fields<{ className: ScheduleName; config: Readonly<Record<string, unknown>> }>({
    className: choice(...SCHEDULE_NAMES),
    config: object,
  })(value, at);
  return scheduleOf(className, config, `${at}.config`);
};

/** The learning rate times decayRate every decaySteps steps. Keras' ExponentialDecay. */
export const exponentialDecay = (config: ExponentialDecayConfig): Schedule =>
  scheduleOf('ExponentialDecay', { ...config }, 'exponentialDecay');
/** One learning rate up to each boundary. Keras' PiecewiseConstantDecay. */
export const piecewiseConstantDecay = (config: PiecewiseConstantDecayConfig): Schedule =>
  scheduleOf('PiecewiseConstantDecay', { ...config }, 'piecewiseConstantDecay');
/** From one learning rate to another in decaySteps steps. Keras' PolynomialDecay. */
export const polynomialDecay = (config: PolynomialDecayConfig): Schedule => scheduleOf('PolynomialDecay', { ...config }, 'polynomialDecay');
/** The learning rate over 1 + decayRate for each decaySteps steps. Keras' InverseTimeDecay. */
export const inverseTimeDecay = (config: ExponentialDecayConfig): Schedule =>
  scheduleOf('InverseTimeDecay', { ...config }, 'inverseTimeDecay');
/** Half a cosine, after a warm-up where one is wanted. Keras' CosineDecay. */
export const cosineDecay = (config: CosineDecayConfig): Schedule => scheduleOf('CosineDecay', { ...config }, 'cosineDecay');
