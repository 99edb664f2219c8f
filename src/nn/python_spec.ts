type PythonType = 'float' | 'int' | 'str';

/** [[fill]align][sign][z][#][0][width][grouping][.precision][type], of which all may be missing. */
export interface Spec {
  readonly fill: string;
  readonly align: '<' | '>' | '=' | '^';
  readonly sign: string | undefined;
  /** 'z': no minus before what is rounded to zero. */
  readonly isZeroPlain: boolean;
  /** '#'. */
  readonly isAlternate: boolean;
  readonly width: number;
  readonly grouping: string | undefined;
  readonly precision: number | undefined;
  readonly type: string;
}

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0?)(\d*)(,_|_,|[,_])?(?:(\.)(\d*))?(.*)$/su;

/** Python takes more, and no file's name is as long. */
const MOST = 100_000;

/** What each type takes; those of int that are not of both are formatted as whole numbers. */
const TYPES: Readonly<Record<PythonType, string>> = { float: 'eEfFgGn%', int: 'bcdoxXneEfFgG%', str: 's' };

/**
 * Reads a format specification for a value of a type; throws in Python's words.
 * Source: https://docs.python.org/3.11/library/string.html#format-specification-mini-language, and CPython's Python/formatter_unicode.c where it is silent.
 */
export function parseSpec(text: string, of: PythonType): Spec {
  const [, fill, align, sign, z, sharp, zero, digits, separator = '', dot, places = '', type = ''] = SPEC.exec(text)!;
  // With a fill of its own, a zero belongs to the width.
  const isPadded = zero !== '' && fill === undefined;
  const width = Number(digits || 0);
  if (separator.length > 1) throw new Error("Cannot specify both ',' and '_'.");
  if (dot && places === '') throw new Error('Format specifier missing precision');
  if ([...type].length > 1) throw new Error(`Invalid format specifier '${text}' for object of type '${of}'`);
  if (Math.max(width, Number(places)) > MOST) throw new Error(`'${text}' asks for more than ${MOST} characters`);
  const given = type || (of === 'int' ? 'd' : of === 'str' ? 's' : '');
  if (separator && !'defgEG%F'.includes(given) && !(separator === '_' && 'boxX'.includes(given))) {
    throw new Error(`Cannot specify '${separator}' with '${shown(given)}'.`);
  }
  if (type && !TYPES[of].includes(type)) throw new Error(`Unknown format code '${shown(type)}' for object of type '${of}'`);
  const usual = of === 'str' ? '<' : '>';
  return {
    fill: fill ?? (isPadded ? '0' : ' '),
    align: (align as Spec['align'] | undefined) ?? (isPadded && usual === '>' ? '=' : usual),
    sign,
    isZeroPlain: z !== undefined,
    isAlternate: sharp !== undefined,
    width,
    grouping: separator || undefined,
    precision: dot ? Number(places) : undefined,
    type: given,
  };
}

/** A character as Python's messages have it. */
const shown = (character: string): string => (/[!-\x7f]/.test(character) ? character : `\\x${character.codePointAt(0)!.toString(16)}`);

/** The parts of a number's text. */
export interface NumberParts {
  readonly isNegative: boolean;
  /** '0x' and the like. */
  readonly prefix?: string;
  /** Before the decimal point; what has none, as 'nan', is all rest. */
  readonly digits: string;
  readonly rest: string;
}

/** Puts sign, padding and separators to a number. */
export function layOut({ fill, align, sign, width, grouping, type }: Spec, { isNegative, prefix = '', digits, rest }: NumberParts): string {
  const head = (isNegative ? '-' : sign === '+' || sign === ' ' ? sign : '') + prefix;
  const size = 'boxX'.includes(type || ' ') ? 4 : 3;
  // Zeros that fill the width are digits like others, with separators between them.
  const least = fill === '0' && align === '=' ? width - head.length - rest.length : 0;
  const body = (digits === '' ? '' : grouped(digits, least, grouping, size)) + rest;
  return padded(head, body, { fill, align, width });
}

export function padded(head: string, body: string, { fill, align, width }: Pick<Spec, 'fill' | 'align' | 'width'>): string {
  const missing = Math.max(0, width - [...head].length - [...body].length);
  if (align === '<') return head + body + fill.repeat(missing);
  if (align === '>') return fill.repeat(missing) + head + body;
  if (align === '=') return head + fill.repeat(missing) + body;
  return fill.repeat(Math.floor(missing / 2)) + head + body + fill.repeat(Math.ceil(missing / 2));
}

/** Digits with zeros before them up to at least `least` characters, and a separator between groups; it never comes first. */
function grouped(digits: string, least: number, separator: string | undefined, size: number): string {
  if (separator === undefined) return digits.padStart(least, '0');
  let rest = digits;
  let text = '';
  let left = least;
  do {
    const length = Math.min(size, Math.max(rest.length, left, 1));
    const group = rest.slice(-length).padStart(length, '0');
    text = group + (text === '' ? '' : separator + text);
    rest = rest.slice(0, -length);
    left -= length + 1;
  } while (rest.length > 0 || left >= 0);
  return text;
}
