import { shown } from '../json.js';
import { type Regularizer, type RegularizerOption, readRegularizer } from '../regularizers.js';

/** What a layer is told of its weights by Keras' names: 'kernelRegularizer'. `Word`: see wordOf(). */
export type WeightOptions<Word extends string> = { readonly [K in `${Word}Regularizer`]?: RegularizerOption };

/** By the names of the fields in a layer's config. */
type Found = Readonly<Record<string, Regularizer>>;

/** Keras' word for a weight in the names of fields: 'kernel', 'movingMean'; of 'depthwise_kernel' it is 'depthwise'. */
const wordOf = (weight: string): string =>
  weight.replace(/(?<=.)_kernel$/, '').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const FIELD = /^[a-z]+(?:[A-Z][a-z]+)?(Regularizer|Constraint)$/;

/** Splits off the fields that are about weights. Throws at what is not supported, by its name. `at` begins the message. */
export function splitWeightOptions(fields: object, at: string): { readonly own: Found; readonly rest: Readonly<Record<string, unknown>> } {
  const own: Record<string, Regularizer> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const [, what] = FIELD.exec(name) ?? [];
    if (what === undefined) rest[name] = value;
    else if (value === null || value === undefined) continue;
    else if (what === 'Constraint' || name === 'activityRegularizer')
      throw new Error(`${at}.${name} is ${shown(value)}: it is not supported`);
    else own[name] = readRegularizer(value, `${at}.${name}`);
  }
  return { own, rest };
}

/** What a layer's config says of a weight. */
export const regularizerOf = (config: object, weight: string): Regularizer | undefined =>
  new Map<string, unknown>(Object.entries(config)).get(`${wordOf(weight)}Regularizer`) as Regularizer | undefined;
