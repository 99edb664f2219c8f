import { type SgdOptions, sgd as sgdOp } from '../../ops/sgd.js';
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

export interface SgdConfig extends Partial<SgdOptions>, LearningRateOption, CommonConfig {}

/** Gradient descent with momentum, Nesterov's where `nesterov`; Keras' defaults: learning rate 0.01, no momentum. */
export function sgd({ learningRate = 0.01, momentum = 0, nesterov = false, ...common }: SgdConfig = {}): Optimizer {
  inRange('sgd: momentum', momentum, 0, 1);
  checkFlag('sgd: nesterov', nesterov);
  const config = { momentum, ...(nesterov && { nesterov }), ...commonConfig('sgd', common) };
  return new Optimizer('sgd', sgdRecord, learningRate, config);
}

export const sgdRecord: OptimizerRecord<SgdOptions> = {
  className: 'SGD',
  slots: {
    velocity: {
      symbol: 'velocity',
      keras: { tf: 'm', keras3: 'momentum', legacy: 'momentum' },
      isUsed: ({ momentum }) => momentum !== 0,
    },
  },
  order: 'by weight',
  config: fields<SgdOptions & CommonConfig>({ momentum: number(), nesterov: optional(flag), ...COMMON }),
  make: (learningRate, config) => sgd({ ...config, ...(learningRate !== undefined && { learningRate }) }),
  update: ({ momentum, nesterov }, gradient, loss, parameter, { velocity }, { faults, place }) =>
    sgdOp(gradient, loss, { parameter, velocity: velocity!, faults }, { momentum, nesterov, place }),
  scalars: (_, learningRate) => ({ learningRate }),
  description: 'Descent by the gradient, with momentum.',
  /** velocity = momentum · velocity - learningRate · gradient; weight += velocity, or what velocity would become by the same gradient again */
  terms(step) {
    const { numbers, weight, index, learningRate, t, config } = step;
    const { momentum, nesterov } = config;
    const gradient = gradientOf(step);
    const velocity = slotTerms(
      step,
      'velocity',
      [
        term('velocity before', factor(numbers, `${weight}/velocity`, index), constant(momentum)),
        term('gradient', gradient, constant(-learningRate)),
      ],
      "velocity' = momentum · velocity − learningRate · gradient",
    );
    const change = nesterov
      ? { formula: "momentum · velocity' − learningRate · gradient", value: momentum * velocity.value - learningRate * gradient.value }
      : { formula: "velocity'", value: velocity.value };
    const changes = nesterov
      ? [term("velocity'", after(velocity), constant(momentum)), term('gradient', gradient, constant(-learningRate))]
      : [term("velocity'", after(velocity), constant(1))];
    return {
      slots: [velocity],
      weight: weightTerms(step, changes, `+ ${change.formula}`),
      steps: [
        { label: 't', formula: 'this step, from 1', value: t },
        { label: 'change', ...change },
      ],
    };
  },
};
