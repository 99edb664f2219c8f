import type { Factors } from '../ops/penalty.js';
import { number, object, type Read, shown, WantedError } from './json.js';
import { constant, factor, type LayerNumbers, type Place, type Term, type Terms, term } from './terms.js';

/** What a weight adds to the loss, as Keras' JSON has it: l1 · Σ |weight| + l2 · Σ weight². */
export interface Regularizer {
  readonly className: 'L1' | 'L2' | 'L1L2';
  readonly config: Partial<Factors>;
}

/** A regularizer, or Keras' name for one whose factors are 0.01. */
export type RegularizerOption = 'l1' | 'l2' | 'l1_l2' | Regularizer;

/** Keras' factor where none is given. */
const DEFAULT = 0.01;

/** Which factors each class has, and its names: class names, and Keras' short ones. */
const CLASSES = new Map<string, readonly ('l1' | 'l2')[]>([
  ['L1', ['l1']],
  ['L2', ['l2']],
  ['L1L2', ['l1', 'l2']],
]);
const SHORT = new Map<unknown, string>([
  ['l1', 'L1'],
  ['l2', 'L2'],
  ['l1_l2', 'L1L2'],
]);

/** l1 · Σ |weight|: many weights become 0, or nearly so. */
export const l1 = (factor = DEFAULT): Regularizer => readRegularizer({ className: 'L1', config: { l1: factor } }, 'l1()');

/** l2 · Σ weight²: no weight becomes large. */
export const l2 = (factor = DEFAULT): Regularizer => readRegularizer({ className: 'L2', config: { l2: factor } }, 'l2()');

/** Both. */
export const l1L2 = (factors: Factors): Regularizer => readRegularizer({ className: 'L1L2', config: { ...factors } }, 'l1L2()');

/** Reads a regularizer from options, from our files and from Keras' JSON of any release. */
export const readRegularizer: Read<Regularizer> = (value, at) => {
  const short = SHORT.get(value);
  if (short !== undefined) return readRegularizer({ className: short, config: {} }, at);
  if (typeof value === 'string') throw new WantedError(value, at, [...SHORT.keys()].map(name => `'${name}'`).join(', '));
  const given = new Map(Object.entries(object(value, at)));
  const name = given.get('className') ?? given.get('class_name');
  const className = SHORT.get(name) ?? name;
  const factors = CLASSES.get(className as string);
  if (!factors) throw new Error(`${at} is of class ${shown(name)}; supported are ${[...CLASSES.keys()].join(', ')}`);
  const config = new Map(Object.entries(object(given.get('config') ?? {}, `${at}.config`)));
  // Of an L1L2, one that is left out beside the other is 0.
  const unset = factors.some(each => config.has(each)) ? 0 : DEFAULT;
  const read = factors.map(each => [each, number(0)(config.get(each) ?? unset, `${at}.config.${each}`)] as const);
  return { className: className as Regularizer['className'], config: Object.fromEntries(read) };
};

/** Both factors, 0 where the class has none. */
export const factorsOf = ({ config: { l1: first = 0, l2: second = 0 } }: Regularizer): Factors => ({ l1: first, l2: second });

/** What a weight adds to the loss: the sums over all of its numbers. */
export function penaltyTerms(label: string, weights: ArrayLike<number>, regularizer: Regularizer): Term[] {
  const { l1: first, l2: second } = factorsOf(regularizer);
  let [absolute, squares] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    absolute += Math.abs(weights[i]!);
    squares += weights[i]! * weights[i]!;
  }
  return [
    ...(first > 0 ? [term(`l1 · Σ |w| of ${label}`, constant(absolute), constant(first))] : []),
    ...(second > 0 ? [term(`l2 · Σ w² of ${label}`, constant(squares), constant(second))] : []),
  ];
}

/** The gradient of a number of a weight with what its regularizer adds: `data` is how the layer explains it. */
export function withPenalty(data: Terms, layer: LayerNumbers, part: string, regularizer: Regularizer): Terms {
  const { l1: first, l2: second } = factorsOf(regularizer);
  const place: Place = { tensor: layer.own(part), index: data.place.index };
  const weight = factor(layer, place.tensor, place.index);
  const added = [
    ...(first > 0 ? [term('penalty: l1 · sign(w)', { ...weight, value: Math.sign(weight.value) }, constant(first))] : []),
    ...(second > 0 ? [term('penalty: 2 · l2 · w', weight, constant(2 * second))] : []),
  ];
  return {
    ...data,
    formula: `${data.formula}${first > 0 ? ' + l1 · sign(w)' : ''}${second > 0 ? ' + 2 · l2 · w' : ''}`,
    terms: [...data.terms, ...added],
    sum: added.reduce((sum, { product }) => sum + product, data.sum),
  };
}
