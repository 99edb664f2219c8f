import type { Tensor } from '../engine/tensor.js';
import { adam as adamOp, adamStepSize } from '../ops/adam.js';
import { sgd as sgdOp } from '../ops/sgd.js';

/** Where an update that is not finite is noted. */
export interface FaultPlace {
  readonly faults: Tensor;
  readonly place: number;
}

/** How parameters follow their gradients. */
export interface Optimizer {
  readonly name: 'adam' | 'sgd';
  /** May change between steps. */
  learningRate: number;
  readonly config: Readonly<Record<string, number>>;
  /** Names of the variables of a parameter's shape that it keeps for each parameter. */
  readonly slots: readonly string[];
  /**
   * Records the update of a parameter; `slots` are its variables by name. Nothing may change where `loss` is not finite. Where something that is updated
   * is not, that is noted at `place` of the faults: see record().
   */
  update(gradient: Tensor, loss: Tensor, parameter: Tensor, slots: Readonly<Record<string, Tensor>>, fault: FaultPlace): void;
  /** Scalars of the run that makes step t = 1, 2, … */
  scalars(t: number): Readonly<Record<string, number>>;
}

export interface AdamConfig {
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

function inRange(optimizer: string, what: string, value: number, low: number, high: number): void {
  if (!(value >= low && value < high)) throw new Error(`${optimizer}: ${what} is ${value}, wanted at least ${low} and below ${high}`);
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
    slots: ['moment', 'velocity'],
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
    slots: ['velocity'],
    update: (gradient, loss, parameter, { velocity }, { faults, place }) =>
      sgdOp(gradient, loss, { parameter, velocity: velocity!, faults }, { momentum, place }),
    scalars() {
      return { learningRate: this.learningRate };
    },
  };
}
