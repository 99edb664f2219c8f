/** A field of a format string: `{name:spec}`, with braces doubled outside. */
const FIELD = /\{\{|\}\}|\{([^{}:]*)(?::([^{}]*))?\}|[{}]/g;

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(0)?(\d+)?(,)?(?:\.(\d+))?([defgEFG%])?$/su;

/**
 * Python's `template.format(**values)` for numbers, as ModelCheckpoint names files: 'model2-{epoch:03d}-{val_loss:.2f}'.
 * Source: https://docs.python.org/3/library/string.html#format-specification-mini-language
 */
export function pythonFormat(template: string, values: Readonly<Record<string, number>>): string {
  return template.replace(FIELD, (match, name: string | undefined, spec: string | undefined) => {
    if (match === '{{') return '{';
    if (match === '}}') return '}';
    if (name === undefined) throw new Error(`'${template}': a single ${match}; write ${match}${match} for the character itself`);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`'${template}' names {${name}}, which is not among ${Object.keys(values).join(', ')}`);
    return formatNumber(value, spec ?? '');
  });
}

/** Python's `format(value, spec)` for a number. Whole numbers are Python's int where the spec does not say otherwise. */
export function formatNumber(value: number, spec: string): string {
  const parts = SPEC.exec(spec);
  if (!parts) throw new Error(`'${spec}' is no number format; wanted [[fill]align][sign][0][width][,][.precision][d, e, f, g or %]`);
  const [, fill, align, sign = '-', zero, width = '0', comma, precision, type] = parts;
  const negative = value < 0 || Object.is(value, -0);
  let digits = Number.isFinite(value)
    ? magnitude(Math.abs(value), type, precision === undefined ? undefined : Number(precision), spec)
    : nonFinite(value, type);
  if (comma) digits = digits.replace(/^\d+/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ','));
  const prefix = negative ? '-' : sign === '-' ? '' : sign;
  const padding = Math.max(0, Number(width) - prefix.length - digits.length);
  const filler = fill ?? (zero ? '0' : ' ');
  switch (align ?? (zero ? '=' : '>')) {
    case '<':
      return prefix + digits + filler.repeat(padding);
    case '^':
      return filler.repeat(Math.floor(padding / 2)) + prefix + digits + filler.repeat(Math.ceil(padding / 2));
    case '=':
      return prefix + filler.repeat(padding) + digits;
    default:
      return filler.repeat(padding) + prefix + digits;
  }
}

function nonFinite(value: number, type: string | undefined): string {
  const text = Number.isNaN(value) ? 'nan' : 'inf';
  return type === 'E' || type === 'F' || type === 'G' ? text.toUpperCase() : type === '%' ? `${text}%` : text;
}

function magnitude(value: number, type: string | undefined, precision: number | undefined, spec: string): string {
  switch (type) {
    case 'd':
      if (!Number.isInteger(value)) throw new Error(`'${spec}' wants a whole number, ${value} is none`);
      return BigInt(value).toString();
    case 'e':
    case 'E':
      return exponential(value, precision ?? 6, type);
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6);
    case '%':
      return `${fixed(value * 100, precision ?? 6)}%`;
    case 'g':
    case 'G':
      return general(value, precision ?? 6, type);
    default:
      return precision === undefined ? shortest(value) : general(value, precision, 'g');
  }
}

/** Python's own text of a number: whole ones as int, others with an exponent from 1e16 up and below 1e-4. */
function shortest(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  if (Number(exponent) >= -4 && Number(exponent) < 16) return value.toString();
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** `digits` after the point, rounded half to even on the exact binary value, as C does; toFixed rounds exact ties up. */
function fixed(value: number, digits: number): string {
  const [numerator, denominator] = fraction(value);
  const scaled = numerator * 10n ** BigInt(digits);
  const text = divideHalfEven(scaled, denominator)
    .toString()
    .padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function exponential(value: number, digits: number, type: 'e' | 'E'): string {
  let exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
  let mantissa = roundedMantissa(value, digits, exponent);
  if (mantissa.length > digits + 1) {
    exponent += 1;
    mantissa = roundedMantissa(value, digits, exponent);
  }
  const point = digits === 0 ? mantissa : `${mantissa[0]}.${mantissa.slice(1)}`;
  return `${point}${type}${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(2, '0')}`;
}

/** The digits of value / 10^exponent, with `digits` of them after the first. */
function roundedMantissa(value: number, digits: number, exponent: number): string {
  const [numerator, denominator] = fraction(value);
  const power = BigInt(digits - exponent);
  const rounded =
    power >= 0n ? divideHalfEven(numerator * 10n ** power, denominator) : divideHalfEven(numerator, denominator * 10n ** -power);
  return rounded.toString().padStart(digits + 1, '0');
}

function general(value: number, precision: number, type: 'g' | 'G'): string {
  const digits = Math.max(precision, 1);
  const text = exponential(value, digits - 1, type === 'G' ? 'E' : 'e');
  const exponent = Number(text.slice(text.search(/[eE]/) + 1));
  const trim = (number: string): string => (number.includes('.') ? number.replace(/\.?0+$/, '') : number);
  if (exponent >= -4 && exponent < digits) return trim(fixed(value, digits - 1 - exponent));
  const at = text.search(/[eE]/);
  return trim(text.slice(0, at)) + text.slice(at);
}

/** A positive double as an exact fraction. */
function fraction(value: number): [bigint, bigint] {
  let denominator = 1n;
  let numerator = value;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  return [BigInt(numerator), denominator];
}

function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}
