import type { PastRun } from '../protocol.js';

/** Characters of what is said of a run. */
const MOST_WORDS = 400;

/** A run as its history.json tells it; undefined where that is half-written or another's. */
export function pastRunOf(text: string): Omit<PastRun, 'name' | 'checkpoints'> | undefined {
  try {
    const { seed, batchSize, images, augmentation, adapter, date, history } = JSON.parse(text) as Record<string, unknown>;
    if (!isHistory(history)) return undefined;
    return {
      seed: numberOr(seed),
      batchSize: numberOr(batchSize),
      images: numberOr(images),
      augmentation: wordsOr(augmentation),
      adapter: textOr(adapter),
      date: textOr(date),
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

const isHistory = (value: unknown): value is Record<string, number[]> =>
  typeof value === 'object' &&
  value !== null &&
  // JSON has no NaN: a number that was none is null.
  Object.values(value).every(numbers => Array.isArray(numbers) && numbers.every(each => typeof each === 'number' || each === null));
