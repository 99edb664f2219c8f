/** Gives a JSON value that a file holds as its type; throws where it is another, saying where it stands, what was found and what was wanted. */
export type Read<T> = (value: unknown, at: string) => T;

/** No value that is read lies deeper. */
const MOST_DEPTH = 64;

/** Longer texts are cut in messages. */
const MOST_SHOWN = 80;

/** Parses JSON whose objects name nothing twice, which JSON.parse passes over, and which is not nested without end. `what` begins the message. */
export function parseJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${what} is not JSON`);
  }
  checkNames(text, what);
  return value;
}

/** Throws at a name that an object of `text` has twice, and at values nested too deep. The text is JSON. */
function checkNames(text: string, what: string): void {
  /** The names so far of each object that is open; none for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (open.length === MOST_DEPTH) throw new Error(`${what} is nested deeper than ${MOST_DEPTH}`);
      open.push(character === '{' ? new Set() : undefined);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const begin = at;
      for (at += 1; text[at] !== '"'; at++) if (text[at] === '\\') at += 1;
      const names = open.at(-1);
      if (!names || !isBeforeColon(text, at + 1)) continue;
      const name = JSON.parse(text.slice(begin, at + 1)) as string;
      if (names.has(name)) throw new Error(`${what} names ${shown(name)} twice`);
      names.add(name);
    }
  }
}

function isBeforeColon(text: string, begin: number): boolean {
  let at = begin;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return text[at] === ':';
}

/** A value for a message: short, and with nothing in it that a terminal obeys. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  const text = JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value).slice(1, -1);
  const hidden = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
  return `'${text.replaceAll('\\"', '"').replace(hidden, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;
}

/** A value is not as it should be. */
export class WantedError extends Error {
  readonly value: unknown;
  readonly at: string;
  readonly wanted: string;

  constructor(value: unknown, at: string, wanted: string) {
    super(value === undefined ? `${at} is missing, wanted ${wanted}` : `${at} is ${shown(value)}, wanted ${wanted}`);
    this.value = value;
    this.at = at;
    this.wanted = wanted;
  }
}

/** A finite number from `low` to `high`. */
export const number =
  (low = -Infinity, high = Infinity): Read<number> =>
  (value, at) => {
    if (typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high) return value;
    throw new WantedError(value, at, low === -Infinity ? 'a number' : `a number from ${low}${high === Infinity ? ' on' : ` to ${high}`}`);
  };

export const whole =
  (low = 0, high = Number.MAX_SAFE_INTEGER): Read<number> =>
  (value, at) => {
    if (Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
    throw new WantedError(
      value,
      at,
      `a whole number ${high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}`,
    );
  };

export const text: Read<string> = (value, at) => {
  if (typeof value === 'string') return value;
  throw new WantedError(value, at, 'a text');
};

/** A name that is shown to people: not one with characters that a terminal obeys. */
export const plainName: Read<string> = (value, at) => {
  const name = text(value, at);
  if (/\p{Cc}/u.test(name)) throw new WantedError(value, at, 'a name without control characters');
  return name;
};

export const flag: Read<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value;
  throw new WantedError(value, at, 'true or false');
};

export const choice =
  <const T extends string | number>(...values: readonly T[]): Read<T> =>
  (value, at) => {
    const found = values.find(each => each === value);
    if (found === undefined)
      throw new WantedError(value, at, values.map(each => (typeof each === 'string' ? `'${each}'` : each)).join(' or '));
    return found;
  };

/** A list of such values, of `length` where that is given. */
export const list =
  <T>(read: Read<T>, length?: number): Read<T[]> =>
  (value, at) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
      throw new WantedError(value, at, length === undefined ? 'a list' : `a list of ${length}`);
    }
    return value.map((each, i) => read(each, `${at}[${i}]`));
  };

export const pair = <T>(read: Read<T>): Read<[T, T]> => list(read, 2) as Read<[T, T]>;

/** A list of 0 to its length - 1, each once, in any order. */
export const permutation: Read<number[]> = (value, at) => {
  const order = list(whole())(value, at);
  const seen = new Set<number>();
  for (const [i, each] of order.entries()) {
    if (each >= order.length || seen.has(each)) throw new Error(`${at}[${i}] is ${each}, wanted each of 0 to ${order.length - 1} once`);
    seen.add(each);
  }
  return order;
};

/** NaN and infinities, which JSON writes as null, are read as NaN. */
export const numberOrNull: Read<number> = (value, at) => (value === null ? Number.NaN : number()(value, at));

export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value, at) =>
    value === undefined ? undefined : read(value, at);

/** A value that may be left out for `otherwise`. */
export const defaulted =
  <T>(read: Read<T>, otherwise: NoInfer<T>): Read<T> =>
  (value, at) =>
    value === undefined ? otherwise : read(value, at);

/** An object of whatever it holds. */
export const object: Read<Readonly<Record<string, unknown>>> = (value, at) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new WantedError(value, at, 'an object');
};

/** An object of such values by any names. */
export const record =
  <T>(read: Read<T>): Read<Readonly<Record<string, T>>> =>
  (value, at) =>
    Object.fromEntries(Object.entries(object(value, at)).map(([name, each]) => [name, read(each, `${at}.${name}`)]));

/** Reads an object, and tells which fields it may have. */
export interface FieldsRead<T> {
  (value: unknown, at: string): T;
  readonly names: readonly string[];
}

/** An object of exactly these fields; those that may be left out are read by optional() or defaulted(). */
export function fields<T extends object>(readers: { readonly [K in keyof T]-?: Read<T[K]> }): FieldsRead<T> {
  const names = Object.keys(readers);
  const read: Read<T> = (value, at) => {
    const given = new Map(Object.entries(object(value, at)));
    const unknown = [...given.keys()].find(name => !names.includes(name));
    if (unknown !== undefined) throw new Error(`${at || 'it'} has an entry ${shown(unknown)}, wanted ${names.join(', ') || 'none'}`);
    return part(readers)(value, at);
  };
  return Object.assign(read, { names });
}

/** What `complete` makes of the fields that were read: it fills in what follows from others, and throws where they do not fit one another. */
export const completed = <T, U>(read: FieldsRead<T>, complete: (value: T, at: string) => U): FieldsRead<U> =>
  Object.assign((value: unknown, at: string): U => complete(read(value, at), at), { names: read.names });

/** The same object, where it has all that it may not leave out to be read as it was: what our own files always say, also where that is the default. */
export const undefaulted =
  <T extends object>(read: Read<T>): Read<T> =>
  (value, at) => {
    const found = read(value, at);
    const left = Object.keys(found).find(name => !Object.hasOwn(value as object, name));
    if (left !== undefined) throw new Error(`${at} has no '${left}'`);
    return found;
  };

/** Those fields of an object that are wanted; others may be there. */
export const part =
  <T extends object>(readers: { readonly [K in keyof T]-?: Read<T[K]> }): Read<T> =>
  (value, at) => {
    const given = new Map(Object.entries(object(value, at)));
    const names = Object.keys(readers) as (keyof T & string)[];
    const read = names.map(name => [name, readers[name](given.get(name), at === '' ? name : `${at}.${name}`)] as const);
    return Object.fromEntries(read.filter(([, each]) => each !== undefined)) as T;
  };
