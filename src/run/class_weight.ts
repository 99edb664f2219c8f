import { plain } from '../data/plain.js';
import { balancedClassWeight, type ClassWeight } from '../nn/class_weights.js';
import { list, type Read, number as readNumber, text, WantedError } from '../nn/json.js';
import type { Kind } from './values.js';
import { countsOf, listed } from './words.js';

/** What each class counts in the loss: weights by its name, or 'balanced', by which all classes count alike, however many pictures they have. */
export type ClassWeightOption = 'balanced' | readonly NamedWeight[];
type NamedWeight = readonly [name: string, weight: number];

const WANTED = "'balanced' or NAME=WEIGHT of classes, with commas between them";

const readWeight = readNumber(0, Number.MAX_VALUE);
const readNamed: Read<NamedWeight> = (value, at) => {
  if (!Array.isArray(value) || value.length !== 2) throw new WantedError(value, at, '[name, weight]');
  return [text(value[0], `${at}[0]`), readWeight(value[1], `${at}[1]`)];
};

const readWeights: Read<ClassWeightOption> = (value, at) => {
  if (value === 'balanced') return value;
  const weights = list(readNamed)(value, at);
  const names = weights.map(([name]) => name);
  if (names.length === 0 || new Set(names).size < names.length) throw new WantedError(value, at, 'different classes, each with a weight');
  return weights;
};

export const classWeights: Kind<ClassWeightOption> = {
  parse: word => {
    if (word === 'balanced') return word;
    const weights = word.split(',').map((each): NamedWeight => {
      const [, name = '', weight = ''] = /^(.+)=([^=]+)$/s.exec(each.trim()) ?? [];
      const value = Number(weight);
      if (name === '' || weight.trim() === '' || !(value >= 0 && value < Infinity)) throw new Error(`wanted ${WANTED}`);
      return [name.trim(), value];
    });
    const twice = weights.find(([name], i) => weights.findIndex(([other]) => other === name) < i);
    if (twice) throw new Error(`wanted each class once, and '${twice[0]}' is there twice`);
    return weights;
  },
  read: readWeights,
  write: value => (value === 'balanced' ? value : value.map(each => each.join('=')).join(',')),
  input: { type: 'words' },
};

/** Throws where a weight is for a class that there is not. */
export function checkClassWeights(option: ClassWeightOption | undefined, classNames: readonly string[]): void {
  if (option === undefined || option === 'balanced') return;
  const unknown = option.find(([name]) => !classNames.includes(name));
  if (unknown) throw new Error(`--class-weight has '${unknown[0]}', the classes are ${listed(classNames)}`);
}

/** How many times the pictures of a class another may have before it is said. */
const UNEQUAL = 3;

/** What to say of classes that are very unequal, where nothing makes up for it. */
export function inequalityNote(labels: readonly number[], classNames: readonly string[]): string | undefined {
  const counts = countsOf({ classes: labels, classNames });
  const most = Math.max(...counts);
  const least = Math.min(...counts.filter(count => count > 0));
  if (most < UNEQUAL * least) return undefined;
  const [large, small] = [most, least].map(count => plain(classNames[counts.indexOf(count)]!));
  return `Class '${large}' has ${Number((most / least).toPrecision(2))} times the images of class '${small}': --class-weight balanced lets all classes count alike.`;
}

/** What each class counts, by its index; a class that is not named counts 1. `labels`: those of the pictures that are learned from. */
export function classWeightOf(
  option: ClassWeightOption | undefined,
  labels: readonly number[],
  classNames: readonly string[],
): ClassWeight | undefined {
  if (option === undefined) return undefined;
  if (option === 'balanced') return balancedClassWeight(labels, classNames.length);
  const named = new Map(option);
  return Object.fromEntries(classNames.map((name, index) => [index, named.get(name) ?? 1]));
}
