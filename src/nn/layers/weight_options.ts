import { type InitializerConfig, type InitializerOption, readInitializer } from '../initializers.js';
import { shown } from '../json.js';
import { type Regularizer, type RegularizerOption, readRegularizer } from '../regularizers.js';

/** What a layer is told of its weights by Keras' names: 'kernelInitializer', 'kernelRegularizer'. `Word`: see wordOf(). */
export type WeightOptions<Word extends string> = { readonly [K in `${Word}Initializer`]?: InitializerOption } & {
  readonly [K in `${Word}Regularizer`]?: RegularizerOption;
};

/** By the names of the fields in a layer's config. */
type Found = Readonly<Record<string, InitializerConfig | Regularizer>>;

/** Keras' word for a weight in the names of fields: 'kernel', 'movingMean'; of 'depthwise_kernel' it is 'depthwise'. */
const wordOf = (weight: string): string =>
  weight.replace(/(?<=.)_kernel$/, '').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const FIELD = /^([a-z]+(?:[A-Z][a-z]+)?)(Initializer|Regularizer|Constraint)$/;

/** What Keras' layers begin with, by word, where nothing is said. */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ...['kernel', 'depthwise', 'pointwise'].map(word => [word, 'GlorotUniform'] as const),
  ...['bias', 'beta', 'movingMean'].map(word => [word, 'Zeros'] as const),
  ...['gamma', 'movingVariance'].map(word => [word, 'Ones'] as const),
]);

/**
 * Splits off the fields that are about weights; an initializer that is Keras' default is left out. Throws at what is not supported, by its name. `at` begins
 * the message.
 */
export function splitWeightOptions(fields: object, at: string): { readonly own: Found; readonly rest: Readonly<Record<string, unknown>> } {
  const own: Record<string, InitializerConfig | Regularizer> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const [, word, what] = FIELD.exec(name) ?? [];
    if (word === undefined) rest[name] = value;
    else if (value === null || value === undefined) continue;
    else if (what === 'Constraint' || word === 'activity') throw new Error(`${at}.${name} is ${shown(value)}: it is not supported`);
    else if (what === 'Regularizer') own[name] = readRegularizer(value, `${at}.${name}`);
    else {
      const read = readInitializer(value, `${at}.${name}`);
      const isDefault = read.className === DEFAULTS.get(word) && typeof read.config.seed !== 'number';
      if (!isDefault) own[name] = read;
    }
  }
  return { own, rest };
}

/** Whether a field is about a weight that a layer with these does not have. Keras' files have such fields, and its other layers know none of them. */
export function isOfNone(field: string, weights: readonly string[]): boolean {
  const [, word] = FIELD.exec(field) ?? [];
  return word !== undefined && !weights.some(weight => wordOf(weight) === word);
}

const fieldOf = (config: object, weight: string, what: 'Initializer' | 'Regularizer'): unknown =>
  new Map<string, unknown>(Object.entries(config)).get(`${wordOf(weight)}${what}`);

/** What a layer's config says a weight begins with, where that is not the layer's default. */
export const initializerConfigOf = (config: object, weight: string): InitializerConfig | undefined =>
  fieldOf(config, weight, 'Initializer') as InitializerConfig | undefined;

/** What a layer's config says that a weight adds to the loss. */
export const regularizerOf = (config: object, weight: string): Regularizer | undefined =>
  fieldOf(config, weight, 'Regularizer') as Regularizer | undefined;
