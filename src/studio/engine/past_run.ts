import { list, number, object, part, text } from '../../nn/json.js';
import type { NetworkWords } from '../../run/network_words.js';
import type { PastRun } from '../protocol.js';

/** Characters of what is said of a run. */
const MOST_WORDS = 400;

/** Layers of a network that are told of. */
const MOST_LAYERS = 200;

/** A run by the text of its history.json; undefined where that is half-written or none of ours. */
export function pastRunOf(content: string): Omit<PastRun, 'name' | 'checkpoints'> | undefined {
  try {
    const { seed, batchSize, images, augmentation, adapter, date, network, history } = object(JSON.parse(content), 'it');
    if (!isHistory(history)) return undefined;
    return {
      seed: numberOr(seed),
      batchSize: numberOr(batchSize),
      images: numberOr(images),
      augmentation: wordsOr(augmentation),
      adapter: textOr(adapter),
      date: textOr(date),
      network: networkOr(network),
      history,
    };
  } catch {
    return undefined;
  }
}

const numberOr = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const textOr = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What a run did to its pictures, in words. */
function wordsOr(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const words = Object.entries(value).map(([name, of]) => `${name} ${of}`);
  return words.join(', ').slice(0, MOST_WORDS) || 'none';
}

const readNetwork = part<NetworkWords>({
  layers: list(text),
  weights: number(0),
  inputShape: list(number(1)),
  optimizer: text,
  learningRate: number(0),
  loss: text,
});

/** Runs of before there was such a field have none. */
function networkOr(value: unknown): NetworkWords | undefined {
  if (value === undefined) return undefined;
  const found = readNetwork(value, 'network');
  return { ...found, layers: found.layers.slice(0, MOST_LAYERS).map(layer => layer.slice(0, MOST_WORDS)) };
}

const isHistory = (value: unknown): value is Record<string, number[]> =>
  typeof value === 'object' &&
  value !== null &&
  // JSON has no NaN: a number that was none is null.
  Object.values(value).every(numbers => Array.isArray(numbers) && numbers.every(each => typeof each === 'number' || each === null));
