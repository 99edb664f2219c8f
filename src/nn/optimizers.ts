import type { Tensor } from '../engine/tensor.js';
import { type AdamOptions, adam as adamOp, adamStepSize } from '../ops/adam.js';
import { sgd as sgdOp } from '../ops/sgd.js';
import { type FieldsRead, fields, number } from './json.js';
import { constant, factor, makeTerms, type Numbers, type Terms, term, type UpdateTerms } from './terms.js';

/** Where an update that is not finite is noted. */
export interface FaultPlace {
  readonly faults: Tensor;
  readonly place: number;
}

type Config = Readonly<Record<string, number>>;

/** An optimizer's step for one weight, to be explained: `weight` is the tensor's name, `t` the step from 1. */
interface Step<C> {
  readonly numbers: Numbers;
  readonly weight: string;
  readonly index: number;
  readonly learningRate: number;
  readonly t: number;
  readonly config: C;
}

/** A kind of optimizer: everything that the rest of the project knows of it. `C`: what it is made with besides the learning rate. */
interface OptimizerRecord<C = Config> {
  /** Keras' name of the class: 'Adam'. */
  readonly className: string;
  /** The variables of a weight's shape that it keeps for each weight, with their symbols for people, which inspections name them by. */
  readonly slots: Readonly<Record<string, string>>;
  /** Those of them that no step leaves below 0. */
  readonly positive: readonly string[];
  /** Fields have Keras' names in camelCase. */
  readonly config: FieldsRead<C>;
  make(options: { readonly learningRate: number } & C): Optimizer;
  /** A sentence. */
  readonly description: string;
  /** How the slots came about by a step, how the weight did, and numbers on the way. */
  terms(step: Step<C>): Pick<UpdateTerms, 'slots' | 'weight' | 'steps'>;
}

/** How parameters follow their gradients. */
export interface Optimizer {
  readonly name: OptimizerName;
  /** May change between steps. */
  learningRate: number;
  readonly config: Config;
  /**
   * Records the update of a parameter; `slots` are its variables by name. Nothing may change where `loss` is not finite. Where something that is updated
   * is not, that is noted at `place` of the faults: see record().
   */
  update(gradient: Tensor, loss: Tensor, parameter: Tensor, slots: Readonly<Record<string, Tensor>>, fault: FaultPlace): void;
  /** Scalars of the run that makes step t = 1, 2, … */
  scalars(t: number): Config;
}

export interface AdamConfig extends Partial<AdamOptions> {
  readonly learningRate?: number;
}

function inRange(optimizer: string, what: string, value: number, low: number, high: number): void {
  if (typeof value !== 'number' || !(value >= low && value < high))
    throw new Error(`${optimizer}: ${what} is ${value}, wanted at least ${low} and below ${high}`);
}

/** Adam with Keras' defaults: learning rate 1e-3, beta1 0.9, beta2 0.999, epsilon 1e-7. */
export function adam({ learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: AdamConfig = {}): Optimizer {
  inRange('adam', 'learningRate', learningRate, 0, Infinity);
  inRange('adam', 'beta1', beta1, 0, 1);
  inRange('adam', 'beta2', beta2, 0, 1);
  inRange('adam', 'epsilon', epsilon, 0, Infinity);
  const options = { beta1, beta2, epsilon };
  return {
    name: 'adam',
    learningRate,
    config: options,
    update: (gradient, loss, parameter, { moment, velocity }, { faults, place }) =>
      adamOp(gradient, loss, { parameter, moment: moment!, velocity: velocity!, faults }, { ...options, place }),
    scalars(t) {
      return { stepSize: adamStepSize(this.learningRate, t, options) };
    },
  };
}

/** Gradient descent with momentum; Keras' defaults: learning rate 0.01, no momentum. */
export function sgd({ learningRate = 0.01, momentum = 0 }: { readonly learningRate?: number; readonly momentum?: number } = {}): Optimizer {
  inRange('sgd', 'learningRate', learningRate, 0, Infinity);
  inRange('sgd', 'momentum', momentum, 0, 1);
  return {
    name: 'sgd',
    learningRate,
    config: { momentum },
    update: (gradient, loss, parameter, { velocity }, { faults, place }) =>
      sgdOp(gradient, loss, { parameter, velocity: velocity!, faults }, { momentum, place }),
    scalars() {
      return { learningRate: this.learningRate };
    },
  };
}

/** What became of a number by the step. */
const after = (terms: Terms) => ({ value: terms.value, at: terms.place });

const adamRecord: OptimizerRecord<AdamOptions> = {
  className: 'Adam',
  slots: { moment: 'm', velocity: 'v' },
  positive: ['velocity'],
  config: fields<AdamOptions>({ beta1: number(), beta2: number(), epsilon: number() }),
  make: adam,
  description: 'Adam keeps a running mean of the gradient (m) and of its square (v), and steps by their ratio.',
  /** m += (g - m)(1 - beta1), v += (g² - v)(1 - beta2), weight -= stepSize · m / (√v + ε): see shaders/adam.wgsl. */
  terms({ numbers, weight, index, learningRate, t, config }) {
    const { beta1, beta2, epsilon } = config;
    const gradient = factor(numbers, `${weight}/gradient`, index);
    const m = makeTerms(
      numbers,
      { tensor: `${weight}/m/updated`, index },
      [term('m before', factor(numbers, `${weight}/m`, index), constant(beta1)), term('gradient', gradient, constant(1 - beta1))],
      { formula: "m' = β₁ · m + (1 − β₁) · gradient" },
    );
    const v = makeTerms(
      numbers,
      { tensor: `${weight}/v/updated`, index },
      [
        term('v before', factor(numbers, `${weight}/v`, index), constant(beta2)),
        term('gradient²', { ...gradient, value: gradient.value * gradient.value }, constant(1 - beta2)),
      ],
      { formula: "v' = β₂ · v + (1 − β₂) · gradient²" },
    );
    const stepSize = adamStepSize(learningRate, t, config);
    const scale = -stepSize / (Math.sqrt(v.value) + epsilon);
    return {
      slots: [m, v],
      weight: makeTerms(
        numbers,
        { tensor: `${weight}/updated`, index },
        [term('weight before', factor(numbers, weight, index), constant(1)), term("m'", after(m), constant(scale))],
        {
          formula: "weight' = weight − stepSize · m' / (√v' + ε)",
          note: 'ε is added outside the bias correction, as Keras does it.',
        },
      ),
      steps: [
        { label: 't', formula: 'this step, from 1', value: t },
        { label: 'm̂', formula: "m' / (1 − β₁ᵗ)", value: m.value / (1 - beta1 ** t) },
        { label: 'v̂', formula: "v' / (1 − β₂ᵗ)", value: v.value / (1 - beta2 ** t) },
        { label: 'stepSize', formula: 'learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ)', value: stepSize },
        { label: 'change', formula: "− stepSize · m' / (√v' + ε)", value: scale * m.value },
      ],
    };
  },
};

const sgdRecord: OptimizerRecord<{ readonly momentum: number }> = {
  className: 'SGD',
  slots: { velocity: 'velocity' },
  positive: [],
  config: fields<{ readonly momentum: number }>({ momentum: number() }),
  make: sgd,
  description: 'Descent by the gradient, with momentum.',
  /** velocity = momentum · velocity - learningRate · gradient; weight += velocity */
  terms({ numbers, weight, index, learningRate, t, config: { momentum } }) {
    const velocity = makeTerms(
      numbers,
      { tensor: `${weight}/velocity/updated`, index },
      [
        term('velocity before', factor(numbers, `${weight}/velocity`, index), constant(momentum)),
        term('gradient', factor(numbers, `${weight}/gradient`, index), constant(-learningRate)),
      ],
      { formula: "velocity' = momentum · velocity − learningRate · gradient" },
    );
    return {
      slots: [velocity],
      weight: makeTerms(
        numbers,
        { tensor: `${weight}/updated`, index },
        [term('weight before', factor(numbers, weight, index), constant(1)), term("velocity'", after(velocity), constant(1))],
        { formula: "weight' = weight + velocity'" },
      ),
      steps: [
        { label: 't', formula: 'this step, from 1', value: t },
        { label: 'change', formula: "velocity'", value: velocity.value },
      ],
    };
  },
};

const RECORDS = { adam: adamRecord, sgd: sgdRecord } satisfies Record<string, OptimizerRecord>;

export type OptimizerName = keyof typeof RECORDS;

/** All that is known of a kind of optimizer, by its name. */
export const OPTIMIZERS: Readonly<Record<OptimizerName, OptimizerRecord>> = RECORDS;

export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as OptimizerName[];
