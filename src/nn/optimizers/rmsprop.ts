import { type RmspropOptions, rmsprop as rmspropOp } from '../../ops/rmsprop.js';
import { fields, flag, number, optional } from '../json.js';
import { constant, factor, term } from '../terms.js';
import {
  after,
  COMMON,
  type CommonConfig,
  checkFlag,
  commonConfig,
  gradientOf,
  inRange,
  type LearningRateOption,
  Optimizer,
  type OptimizerRecord,
  slotTerms,
  weightTerms,
} from './optimizer.js';

export interface RmspropConfig extends Partial<RmspropOptions>, LearningRateOption, CommonConfig {}

/** RMSprop with the defaults of Keras: learning rate 1e-3, rho 0.9, no momentum, epsilon 1e-7, not centered. */
export function rmsprop({
  learningRate = 1e-3,
  rho = 0.9,
  momentum = 0,
  epsilon = 1e-7,
  centered = false,
  ...common
}: RmspropConfig = {}): Optimizer {
  inRange('rmsprop: rho', rho, 0, 1);
  inRange('rmsprop: momentum', momentum, 0, 1);
  inRange('rmsprop: epsilon', epsilon, 0, Infinity);
  checkFlag('rmsprop: centered', centered);
  const config = { rho, momentum, epsilon, ...(centered && { centered }), ...commonConfig('rmsprop', common) };
  return new Optimizer('rmsprop', rmspropRecord, learningRate, config);
}

export const rmspropRecord: OptimizerRecord<RmspropOptions> = {
  className: 'RMSprop',
  slots: {
    velocity: { symbol: 'v', isPositive: true, keras: { tf: 'velocity', keras3: 'velocity', legacy: 'rms' } },
    momentum: {
      symbol: 'momentum',
      keras: { tf: 'momentum', keras3: 'momentum', legacy: 'momentum' },
      isUsed: ({ momentum }) => momentum !== 0,
    },
    average: {
      symbol: 'mean',
      keras: { tf: 'average_gradient', keras3: 'average_gradient', legacy: 'mg' },
      isUsed: ({ centered }) => centered === true,
    },
  },
  order: 'by slot',
  config: fields<RmspropOptions & CommonConfig>({
    rho: number(),
    momentum: number(),
    epsilon: number(),
    centered: optional(flag),
    ...COMMON,
  }),
  make: (learningRate, config) => rmsprop({ ...config, ...(learningRate !== undefined && { learningRate }) }),
  update: ({ rho, momentum, epsilon, centered }, gradient, loss, parameter, slots, { faults, place }) => {
    const updates = { parameter, velocity: slots.velocity!, momentum: slots.momentum!, average: slots.average!, faults };
    rmspropOp(gradient, loss, updates, { rho, momentum, epsilon, centered, place });
  },
  scalars: (_, learningRate) => ({ learningRate }),
  description: "RMSprop keeps a running mean of the gradient's square (v), and steps by the gradient over its root.",
  /** See shaders/rmsprop.wgsl. */
  terms(step) {
    const { numbers, weight, index, learningRate, t, config } = step;
    const { rho, momentum, epsilon, centered } = config;
    const gradient = gradientOf(step);
    const v = slotTerms(
      step,
      'v',
      [
        term('v before', factor(numbers, `${weight}/v`, index), constant(rho)),
        term('gradient²', { ...gradient, value: gradient.value * gradient.value }, constant(1 - rho)),
      ],
      "v' = ρ · v + (1 − ρ) · gradient²",
    );
    const mean = slotTerms(
      step,
      'mean',
      centered
        ? [term('mean before', factor(numbers, `${weight}/mean`, index), constant(rho)), term('gradient', gradient, constant(1 - rho))]
        : [],
      centered ? "mean' = ρ · mean + (1 − ρ) · gradient" : 'not kept: only with centered',
    );
    const scale = learningRate / Math.sqrt(v.value - (centered ? mean.value ** 2 : 0) + epsilon);
    const root = centered ? "√(v' − mean'² + ε)" : "√(v' + ε)";
    const moved = slotTerms(
      step,
      'momentum',
      [
        term('momentum before', factor(numbers, `${weight}/momentum`, index), constant(momentum)),
        term('gradient', gradient, constant(scale)),
      ],
      `momentum' = momentum · momentum before + learningRate · gradient / ${root}`,
    );
    return {
      slots: [v, mean, moved],
      weight: weightTerms(
        step,
        [term("momentum'", after(moved), constant(-1))],
        "− momentum'",
        'ε is added inside the root, as Keras does it.',
      ),
      steps: [
        { label: 't', formula: 'this step, from 1', value: t },
        { label: 'scale', formula: `learningRate / ${root}`, value: scale },
        { label: 'change', formula: "− momentum'", value: -moved.value },
      ],
    };
  },
};
