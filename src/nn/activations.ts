import type { ActivationRecord, KerasVersion } from './activations/record.js';
import { elu, leakyRelu, relu, selu } from './activations/rectified.js';
import { exponential, gelu, hardSigmoid, hardSigmoid3, sigmoid, silu, softplus, tanh } from './activations/smooth.js';
import { softmax } from './activations/softmax.js';
import { sameGradientTerms, sameTerms } from './terms.js';

/** output = input */
const linear: ActivationRecord = { apply: input => input, terms: sameTerms, gradientTerms: sameGradientTerms };

/** By Keras' names; of the two functions that Keras 2 and Keras 3 call hard_sigmoid, Keras 2's has the name. */
const RECORDS = {
  linear,
  relu,
  leaky_relu: leakyRelu,
  elu,
  selu,
  gelu,
  silu,
  softplus,
  exponential,
  sigmoid,
  hard_sigmoid: hardSigmoid,
  hard_sigmoid_keras3: hardSigmoid3,
  softmax,
  tanh,
} satisfies Record<string, ActivationRecord>;

export type Activation = keyof typeof RECORDS;

/** All that is known of an activation function, by its name. */
export const ACTIVATIONS: Readonly<Record<Activation, ActivationRecord>> = RECORDS;

export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as Activation[];

const kerasNamesOf = (name: Activation, version: KerasVersion): readonly string[] => ACTIVATIONS[name].kerasNames?.[version] ?? [name];

/** The function that a file of Keras calls by a name; undefined where it is none of ours. */
export const fromKerasName = (name: string, version: KerasVersion): Activation | undefined =>
  ACTIVATION_NAMES.find(each => kerasNamesOf(each, version).includes(name));

/** What a file of Keras calls a function; undefined where that Keras has none that gives its numbers. */
export const toKerasName = (name: Activation, version: KerasVersion): string | undefined => kerasNamesOf(name, version)[0];
