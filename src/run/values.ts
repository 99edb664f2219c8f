import {
  list,
  choice as oneOf,
  pair,
  type Read,
  number as readNumber,
  text,
  WantedError,
  whole as wholeNumber,
  flag as yesOrNo,
} from '../nn/json.js';

/** A kind of values: how a command line, JSON and a form give one. Safe in a browser. */
export interface Kind<T> {
  /** Of a word of the command line; throws an Error that says what was wanted. `platform` as Node names it. Absent of what needs no word. */
  readonly parse?: (text: string, platform: string) => T;
  /** Of a page's message, or of a checkpoint. */
  readonly read: Read<T>;
  /** As a person writes it; absent where that is its text. */
  write?(value: T): string;
  readonly input: Input;
}

/** How a form asks for a value. */
export type Input =
  | { readonly type: 'text' }
  /** Numbers as the command line has them. */
  | { readonly type: 'words' }
  | { readonly type: 'number'; readonly min: number; readonly step?: string }
  /** Height and width. */
  | { readonly type: 'size'; readonly min: number }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'check' };

/** Characters of a path at most: Linux takes no longer ones. */
const MOST_PATH = 4096;

/** Of a file or folder. */
export const path: Kind<string> = {
  parse: word => word,
  read: (value, at) => {
    const isPath = typeof value === 'string' && value.trim() !== '' && !value.includes('\0') && value.length <= MOST_PATH;
    if (!isPath) throw new WantedError(value, at, 'a path');
    return value;
  },
  input: { type: 'text' },
};

export function whole(low: number, high = Number.MAX_SAFE_INTEGER): Kind<number> {
  const read = wholeNumber(low, high);
  return { parse: word => parseBy(read, /^\d+$/.test(word) ? Number(word) : word), read, input: { type: 'number', min: low } };
}

const readPositive: Read<number> = (value, at) => {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new WantedError(value, at, 'a number over 0');
};

export const positive: Kind<number> = {
  parse: word => parseBy(readPositive, Number(word)),
  read: readPositive,
  input: { type: 'number', min: 0, step: 'any' },
};

const readShare: Read<number> = (value, at) => {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw new WantedError(value, at, 'a number between 0 and 1');
};

/** A part of a whole, not all of it. */
export const share: Kind<number> = { parse: word => parseBy(readShare, numberOf(word)), read: readShare, input: { type: 'words' } };

function parseBy<T>(read: Read<T>, value: unknown): T {
  try {
    return read(value, '');
  } catch (error) {
    throw error instanceof WantedError ? new Error(`wanted ${error.wanted}`) : error;
  }
}

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** A count of bytes, as 512M or 1.5G, by powers of 1024. */
export const byteCount: Kind<number> = {
  parse: word => {
    const [, count, unit] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(word) ?? [];
    const bytes = count === undefined ? Number.NaN : Math.round(Number(count) * 1024 ** UNITS.indexOf(unit!.toUpperCase()));
    if (!Number.isSafeInteger(bytes)) throw new Error('wanted a count of bytes, as 512M or 1.5G');
    return bytes;
  },
  read: wholeNumber(0),
  input: { type: 'words' },
};

/** Height and width of images; networks with a pooling or two take none below 10. */
export const pixels: Kind<readonly [number, number]> = {
  parse: word => {
    const match = /^(\d+)x(\d+)$/.exec(word);
    if (!match || Number(match[1]) < 1 || Number(match[2]) < 1) throw new Error('wanted HEIGHTxWIDTH in pixels, as 150x150');
    return [Number(match[1]), Number(match[2])];
  },
  read: (value, at) => {
    if (!Array.isArray(value) || value.length !== 2) throw new WantedError(value, at, '[height, width]');
    return pair(wholeNumber(1))(value, at);
  },
  write: size => size.join('x'),
  input: { type: 'size', min: 10 },
};

/** A number from `low` to `high`. */
export function between(low: number, high: number): Kind<number> {
  const read = readNumber(low, high);
  return { parse: word => parseBy(read, numberOf(word)), read, input: { type: 'words' } };
}

/** What bytes are multiplied with where nothing says another: then they are 0 … 1. */
export const RESCALE = 1 / 255;

const readFactor = readNumber(-1e6, 1e6);

/** A factor, also as a fraction: 1/255. */
export const fraction: Kind<number> = {
  parse: word => {
    const [, over, under] = /^([^/]+)\/([^/]+)$/.exec(word) ?? [];
    const value = over === undefined ? numberOf(word) : Number(over) / Number(under);
    if (value === 0) throw new Error('wanted another number than 0');
    return parseBy(readFactor, value);
  },
  read: readFactor,
  write: value => (Number.isInteger(1 / value) && value !== 1 ? `1/${1 / value}` : String(value)),
  input: { type: 'words' },
};

/** Two of such numbers, with a comma between them. */
export function pairOf({ read: readOne }: Kind<number>): Kind<readonly [number, number]> {
  const read: Read<readonly [number, number]> = (value, at) => {
    if (Array.isArray(value) && value.length === 2) return pair(readOne)(value, at);
    throw new WantedError(value, at, 'two numbers, LOW,HIGH');
  };
  return { parse: word => parseBy(read, word.split(',').map(numberOf)), read, input: { type: 'words' } };
}

/** One or more of such numbers, with commas between them. */
export function listOf({ read: readOne }: Kind<number>): Kind<readonly number[]> {
  const read: Read<readonly number[]> = (value, at) => {
    if (Array.isArray(value) && value.length > 0) return list(readOne)(value, at);
    throw new WantedError(value, at, 'numbers with commas between them');
  };
  return { parse: word => parseBy(read, word.split(',').map(numberOf)), read, input: { type: 'words' } };
}

const readNames: Read<readonly string[]> = (value, at) => {
  const names = list(text)(value, at);
  if (names.length < 2 || names.includes('') || new Set(names).size < names.length) {
    throw new WantedError(value, at, 'different names with commas between them');
  }
  return names;
};

/** Names, with commas between them. */
export const names: Kind<readonly string[]> = {
  parse: word =>
    parseBy(
      readNames,
      word.split(',').map(name => name.trim()),
    ),
  read: readNames,
  input: { type: 'words' },
};

const readLayers: Read<readonly string[]> = (value, at) => {
  const given = list(text)(value, at);
  if (given.length > 0 && !given.includes('')) return given;
  throw new WantedError(value, at, 'names of layers');
};

/** Names of layers, with commas between them; on the command line also one after another. */
export const layers: Kind<readonly string[]> = {
  parse: word => {
    // An option after a list without names would be taken for one.
    if (word.startsWith('-')) throw new Error('wanted names of layers');
    return parseBy(
      readLayers,
      word.split(',').map(name => name.trim()),
    );
  },
  read: readLayers,
  input: { type: 'words' },
};

/** A number, or several. */
export function oneOr<T>(one: Kind<number>, several: Kind<T>): Kind<number | T> {
  return {
    parse: (word, platform) => (word.includes(',') ? several : one).parse!(word, platform),
    read: (value, at) => (Array.isArray(value) ? several : one).read(value, at),
    input: { type: 'words' },
  };
}

/** The number that a word says; the word itself, which is none, where it says no number. */
const numberOf = (word: string): number | string => (word.trim() === '' ? word : Number.isNaN(Number(word)) ? word : Number(word));

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  return {
    parse: word => {
      const value = values.find(each => each === word);
      if (value === undefined) throw new Error(`wanted ${new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(values)}`);
      return value;
    },
    read: oneOf(...values),
    input: { type: 'choice', choices: values },
  };
}

export const flag: Kind<boolean> = { read: yesOrNo, input: { type: 'check' } };

/** Alone, or with a word. */
export const flagOrText: Kind<boolean | string> = {
  read: (value, at) => (typeof value === 'boolean' ? value : text(value, at)),
  input: { type: 'text' },
};

/** A value as a person writes it. */
export const textOf = <T>(kind: Kind<T>, value: T): string => kind.write?.(value) ?? String(value);
