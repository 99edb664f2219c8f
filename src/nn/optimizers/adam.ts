import { type AdamOptions, adam as adamOp, adamStepSize } from '../../ops/adam.js';
import { fields, number } from '../json.js';
import { constant, factor, term } from '../terms.js';
import {
  after,
  COMMON,
  type CommonConfig,
  commonConfig,
  gradientOf,
  inRange,
  type LearningRateOption,
  Optimizer,
  type OptimizerRecord,
  slotTerms,
  weightTerms,
} from './optimizer.js';

export interface AdamConfig extends Partial<AdamOptions>, LearningRateOption, CommonConfig {}

function adamOf(
  name: 'adam' | 'adamw',
  { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, ...common }: AdamConfig,
): Optimizer {
  inRange(`${name}: beta1`, beta1, 0, 1);
  inRange(`${name}: beta2`, beta2, 0, 1);
  inRange(`${name}: epsilon`, epsilon, 0, Infinity);
  return new Optimizer(name, adamRecord, learningRate, { beta1, beta2, epsilon, ...commonConfig(name, common) });
}

/** Adam with Keras' defaults: learning rate 1e-3, beta1 0.9, beta2 0.999, epsilon 1e-7. */
export const adam = (options: AdamConfig = {}): Optimizer => adamOf('adam', options);

/** Adam whose weights decay; Keras' defaults are Adam's, and weightDecay 0.004. */
export const adamW = (options: AdamConfig = {}): Optimizer => adamOf('adamw', { weightDecay: 0.004, ...options });

export const adamRecord: OptimizerRecord<AdamOptions> = {
  className: 'Adam',
  slots: {
    moment: { symbol: 'm', keras: { tf: 'm', keras3: 'momentum', legacy: 'm' } },
    velocity: { symbol: 'v', isPositive: true, keras: { tf: 'v', keras3: 'velocity', legacy: 'v' } },
  },
  order: 'by weight',
  config: fields<AdamOptions & CommonConfig>({ beta1: number(), beta2: number(), epsilon: number(), ...COMMON }),
  make: (learningRate, config) => adam({ ...config, ...(learningRate !== undefined && { learningRate }) }),
  update: ({ beta1, beta2, epsilon }, gradient, loss, parameter, { moment, velocity }, { faults, place }) =>
    adamOp(gradient, loss, { parameter, moment: moment!, velocity: velocity!, faults }, { beta1, beta2, epsilon, place }),
  scalars: (config, learningRate, t) => ({ stepSize: adamStepSize(learningRate, t, config) }),
  description: 'Adam keeps a running mean of the gradient (m) and of its square (v), and steps by their ratio.',
  /** m += (g - m)(1 - beta1), v += (g² - v)(1 - beta2), weight -= stepSize · m / (√v + ε): see shaders/adam.wgsl. */
  terms(step) {
    const { numbers, weight, index, learningRate, t, config } = step;
    const { beta1, beta2, epsilon } = config;
    const gradient = gradientOf(step);
    const m = slotTerms(
      step,
      'm',
      [term('m before', factor(numbers, `${weight}/m`, index), constant(beta1)), term('gradient', gradient, constant(1 - beta1))],
      "m' = β₁ · m + (1 − β₁) · gradient",
    );
    const v = slotTerms(
      step,
      'v',
      [
        term('v before', factor(numbers, `${weight}/v`, index), constant(beta2)),
        term('gradient²', { ...gradient, value: gradient.value * gradient.value }, constant(1 - beta2)),
      ],
      "v' = β₂ · v + (1 − β₂) · gradient²",
    );
    const stepSize = adamStepSize(learningRate, t, config);
    const scale = -stepSize / (Math.sqrt(v.value) + epsilon);
    const note = 'ε is added outside the bias correction, as Keras does it.';
    return {
      slots: [m, v],
      weight: weightTerms(step, [term("m'", after(m), constant(scale))], "− stepSize · m' / (√v' + ε)", note),
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

export const adamWRecord: OptimizerRecord<AdamOptions> = {
  ...adamRecord,
  className: 'AdamW',
  make: (learningRate, config) => adamW({ ...config, ...(learningRate !== undefined && { learningRate }) }),
  description: 'AdamW is Adam, with each weight made a little smaller before its step.',
};
