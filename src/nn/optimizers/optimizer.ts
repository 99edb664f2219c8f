import type { Tensor } from '../../engine/tensor.js';
import { weightDecay as decay } from '../../ops/weight_decay.js';
import { type FieldsRead, number, optional, type Read, shown } from '../json.js';
import { isSchedule, type Schedule } from '../schedules.js';
import { constant, type Factor, factor, makeTerms, type Numbers, type Term, type Terms, term, type UpdateTerms } from '../terms.js';

/** What an optimizer is made with besides its learning rate: JSON. What is left at Keras' default of "none" is not in it. */
export type OptimizerConfig = Readonly<Record<string, number | boolean | undefined>>;

/** What every optimizer takes besides what is its own. At most one of the three that clip. */
export interface CommonConfig {
  /** The largest norm that the gradient of a weight may have: a longer one is scaled down to it. */
  readonly clipnorm?: number | undefined;
  /** The same of the gradients of all weights together. */
  readonly globalClipnorm?: number | undefined;
  /** What no number of a gradient may exceed, up or down. */
  readonly clipvalue?: number | undefined;
  /** Share of each weight, times the learning rate, that it loses in each step, before the gradient's own change. */
  readonly weightDecay?: number | undefined;
}

export interface LearningRateOption {
  /** A number, or a schedule of the step. */
  readonly learningRate?: number | Schedule;
}

/** A variable of a weight's shape that an optimizer keeps for each weight. */
export interface SlotSpec {
  /** For people; inspections name it by this: 'm'. */
  readonly symbol: string;
  /** Whether no step leaves a number of it below 0. */
  readonly isPositive?: true;
  /** What Keras' files call it: tf_keras and tf.keras from 2.11 on, Keras 3, and the legacy optimizers of before. */
  readonly keras: { readonly tf: string; readonly keras3: string; readonly legacy: string };
  /** Whether Keras keeps it too, of such a config; default always. We keep it all the same. (tf_keras keeps SGD's without momentum as well.) */
  isUsed?(config: OptimizerConfig): boolean;
}

/** Where an update that is not finite is noted. */
export interface FaultPlace {
  readonly faults: Tensor;
  readonly place: number;
}

/** An optimizer's step for one weight, to be explained: `weight` is the tensor's name, `t` the step from 1. */
export interface Step<C> {
  readonly numbers: Numbers;
  readonly weight: string;
  readonly index: number;
  readonly learningRate: number;
  readonly t: number;
  readonly config: C & CommonConfig;
}

export type OptimizerName = 'adam' | 'adamw' | 'rmsprop' | 'sgd';

/** Tensors of an update by name. */
type Tensors = Readonly<Record<string, Tensor>>;

/** A kind of optimizer: everything that the rest of the project knows of it. `C`: what is its own in a config. */
export interface OptimizerRecord<C = OptimizerConfig> {
  /** Keras' name of the class: 'RMSprop'. */
  readonly className: string;
  /** The slots, in Keras' order. */
  readonly slots: Readonly<Record<string, SlotSpec>>;
  /** How Keras (from 2.11 on) orders them in files: all slots of a weight, then the next weight's, or a slot of all weights, then the next slot. */
  readonly order: 'by weight' | 'by slot';
  /** Fields have Keras' names in camelCase. */
  readonly config: FieldsRead<C & CommonConfig>;
  /** What is missing is as Keras has it by default. */
  make(learningRate: number | Schedule | undefined, config: Partial<C> & CommonConfig): Optimizer;
  /**
   * Records the update of a parameter; `slots` are its variables by name. Nothing may change where `loss` is not finite. Where something that is updated
   * is not, that is noted at `place` of the faults: see record().
   */
  update(config: C, gradient: Tensor, loss: Tensor, parameter: Tensor, slots: Tensors, fault: FaultPlace): void;
  /** Scalars of the run that makes step t = 1, 2, … */
  scalars(config: C, learningRate: number, t: number): Readonly<Record<string, number>>;
  /** A sentence. */
  readonly description: string;
  /** How a step computes the slots and the weight, and numbers on the way. */
  terms(step: Step<C>): Pick<UpdateTerms, 'slots' | 'weight' | 'steps'>;
}

/** Throws where a number is outside [low, high). `what` says whose it is: 'adam: beta1'. */
export function inRange(what: string, value: number, low: number, high: number): void {
  if (typeof value !== 'number' || !(value >= low && value < high))
    throw new Error(`${what} is ${typeof value === 'object' ? shown(value) : value}, wanted at least ${low} and below ${high}`);
}

/** Throws where a switch is neither on nor off. */
export function checkFlag(what: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new Error(`${what} is ${shown(value)}, wanted true or false`);
}

const CLIPS = ['clipnorm', 'globalClipnorm', 'clipvalue'] as const;

/** Those of the common options that are given, in a fixed order; throws where they make no sense. */
export function commonConfig(optimizer: string, options: CommonConfig): CommonConfig {
  const given = CLIPS.filter(name => options[name] !== undefined);
  if (given.length > 1) throw new Error(`${optimizer}: ${given.join(' and ')} are given, wanted one of them at most`);
  for (const name of given) {
    const value = options[name];
    if (typeof value !== 'number' || !(value > 0 && value < Infinity))
      throw new Error(`${optimizer}: ${name} is ${shown(value)}, wanted a number above 0`);
  }
  if (options.weightDecay !== undefined) inRange(`${optimizer}: weightDecay`, options.weightDecay, 0, Infinity);
  const names = [...CLIPS, 'weightDecay'] as const;
  return Object.fromEntries(names.filter(name => options[name] !== undefined).map(name => [name, options[name]]));
}

/** Readers of the common options, for a record's `config`. */
export const COMMON = {
  clipnorm: optional(number()),
  globalClipnorm: optional(number()),
  clipvalue: optional(number()),
  weightDecay: optional(number()),
} satisfies { readonly [K in keyof CommonConfig]-?: Read<CommonConfig[K]> };

/** How parameters follow their gradients. */
export class Optimizer {
  readonly name: OptimizerName;
  readonly config: OptimizerConfig & CommonConfig;
  /** What the learning rate follows, where it follows something. */
  readonly schedule: Schedule | undefined;
  readonly #record: OptimizerRecord;
  #learningRate: number;

  constructor(name: OptimizerName, record: OptimizerRecord, learningRate: number | Schedule, config: OptimizerConfig) {
    this.name = name;
    this.#record = record;
    this.config = config;
    this.schedule = isSchedule(learningRate) ? learningRate : undefined;
    if (!isSchedule(learningRate)) inRange(`${name}: learningRate`, learningRate, 0, Infinity);
    this.#learningRate = isSchedule(learningRate) ? learningRate.at(0) : learningRate;
  }

  /** May change between steps; with a schedule, it is the one of the first step. */
  get learningRate(): number {
    return this.#learningRate;
  }

  /** Throws where a schedule says what it is. */
  set learningRate(value: number) {
    if (this.schedule) throw new Error(`${this.name}: its learning rate follows ${this.schedule.className}, so that it can't be set`);
    this.#learningRate = value;
  }

  /** The learning rate of step t = 1, 2, … */
  rateAt(t: number): number {
    return this.schedule?.at(t - 1) ?? this.#learningRate;
  }

  /** Records the step of a parameter: see OptimizerRecord.update. */
  update(gradient: Tensor, loss: Tensor, parameter: Tensor, slots: Tensors, fault: FaultPlace): void {
    const { weightDecay } = this.config;
    if (weightDecay) decay(loss, parameter, weightDecay);
    this.#record.update(this.config, gradient, loss, parameter, slots, fault);
  }

  /** Scalars of the run that makes step t = 1, 2, … */
  scalars(t: number): Readonly<Record<string, number>> {
    const learningRate = this.rateAt(t);
    return { ...this.#record.scalars(this.config, learningRate, t), ...(this.config.weightDecay && { learningRate }) };
  }
}

/** The gradient that an optimizer is given for a number of a weight: clipped, where it clips. */
export function gradientOf({ numbers, weight, index }: Step<unknown>): Factor {
  const clipped = `${weight}/clipped_gradient`;
  return factor(numbers, numbers.tensors[clipped] ? clipped : `${weight}/gradient`, index);
}

/** What became of a number by the step. */
export const after = (terms: Terms): Factor => ({ value: terms.value, at: terms.place });

/** How a slot was computed. */
export function slotTerms({ numbers, weight, index }: Step<unknown>, symbol: string, parts: readonly Term[], formula: string): Terms {
  return makeTerms(numbers, { tensor: `${weight}/${symbol}/updated`, index }, parts, { formula });
}

/** How a weight was computed from what it was, less what it decayed by, and changes, which `formula` writes. */
export function weightTerms(
  { numbers, weight, index, learningRate, config: { weightDecay } }: Step<unknown>,
  changes: readonly Term[],
  formula: string,
  note = '',
): Terms {
  const rest = weightDecay === undefined ? 1 : 1 - weightDecay * learningRate;
  const before = weightDecay === undefined ? 'weight' : 'weight · (1 − weightDecay · learningRate)';
  const terms = [term('weight before', factor(numbers, weight, index), constant(rest)), ...changes];
  return makeTerms(numbers, { tensor: `${weight}/updated`, index }, terms, { formula: `weight' = ${before} ${formula}`, note });
}
