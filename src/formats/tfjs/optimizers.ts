import type { CompileConfig } from '../../nn/config.js';

/** An optimizer of TensorFlow.js as one of ours. */
export interface TfjsOptimizer {
  /** Its class there, and Keras' class that makes the same steps. */
  readonly className: string;
  readonly kerasClass: string;
  readonly name: CompileConfig['optimizer']['name'];
  /** Names of its fields there, by Keras' names. */
  readonly fields: Readonly<Record<string, string>>;
  /** What it keeps for each weight, in its order: our slot, and what it is named by there. */
  readonly slots: readonly (readonly [slot: string, suffix: string])[];
  /** What our slot is, times what is kept there. */
  readonly scale?: (learningRate: number) => number;
}

/** Fields of our configs by Keras' names, as far as those optimizers have them. */
const OWN: Readonly<Record<string, string>> = {
  beta_1: 'beta1',
  beta_2: 'beta2',
  epsilon: 'epsilon',
  momentum: 'momentum',
  nesterov: 'nesterov',
  rho: 'rho',
  centered: 'centered',
};

const TFJS_OPTIMIZERS: readonly TfjsOptimizer[] = [
  {
    className: 'Adam',
    kerasClass: 'Adam',
    name: 'adam',
    fields: { learning_rate: 'learningRate', beta_1: 'beta1', beta_2: 'beta2', epsilon: 'epsilon' },
    slots: [
      ['moment', 'm'],
      ['velocity', 'v'],
    ],
  },
  { className: 'SGD', kerasClass: 'SGD', name: 'sgd', fields: { learning_rate: 'learningRate' }, slots: [] },
  {
    className: 'Momentum',
    kerasClass: 'SGD',
    name: 'sgd',
    fields: { learning_rate: 'learningRate', momentum: 'momentum', nesterov: 'useNesterov' },
    slots: [['velocity', 'momentum']],
    // It gathers gradients; Keras' velocity is what they change the weight by.
    scale: learningRate => -learningRate,
  },
  {
    className: 'RMSProp',
    kerasClass: 'RMSprop',
    name: 'rmsprop',
    fields: { learning_rate: 'learningRate', rho: 'decay', momentum: 'momentum', epsilon: 'epsilon', centered: 'centered' },
    slots: [
      ['velocity', 'rms'],
      ['momentum', 'momentum'],
    ],
  },
];

/** The optimizer of a class of TensorFlow.js; nothing where there is none of ours. */
export const optimizerOfClass = (className: unknown): TfjsOptimizer | undefined =>
  TFJS_OPTIMIZERS.find(each => each.className === className);

/** A `trainingConfig` of TensorFlow.js in Keras' words. */
export function inKerasWords(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { class_name: className, config: given } = (config.optimizer_config ?? {}) as Readonly<Record<string, unknown>>;
  const known = optimizerOfClass(className);
  const values = new Map(Object.entries((given ?? {}) as object));
  const fields = Object.entries(known?.fields ?? {}).map(([keras, own]) => [keras, values.get(own) ?? null]);
  const optimizer = { class_name: known?.kerasClass ?? className, config: Object.fromEntries(fields) };
  return { ...config, optimizer_config: optimizer };
}

/** An optimizer in TensorFlow.js' words; a sentence where it has none that makes these steps. */
export function tfjsOptimizerOf({
  name,
  learningRate,
  schedule,
  config,
}: CompileConfig['optimizer']): { readonly kind: TfjsOptimizer; readonly words: object } | string {
  const kind = TFJS_OPTIMIZERS.filter(each => each.name === name).at(name === 'sgd' && !config.momentum ? 0 : -1);
  if (!kind) return `TensorFlow.js has no optimizer ${name}`;
  if (schedule) return 'TensorFlow.js has no schedules of the learning rate';
  if (config.centered) return "TensorFlow.js' centered RMSProp makes other steps";
  const own = new Map<string, unknown>(Object.entries(config));
  const known = Object.keys(kind.fields).map(field => OWN[field]);
  const odd = [...own.keys()].find(
    field => !known.includes(field) && own.get(field) !== undefined && own.get(field) !== 0 && own.get(field) !== false,
  );
  if (odd !== undefined) return `TensorFlow.js' ${kind.className} has no ${odd}`;
  const words = Object.entries(kind.fields).map(([keras, theirs]) => [
    theirs,
    keras === 'learning_rate' ? learningRate : (own.get(OWN[keras]!) ?? false),
  ]);
  return { kind, words: { class_name: kind.className, config: Object.fromEntries(words) } };
}
