import { type Decimal, fixedDigits, shortestDigits, significantDigits } from './decimal.js';
import { layOut, padded, parseSpec, type Spec } from './python_spec.js';

/** Python's `format(float(value), spec)`. */
export function formatFloat(value: number, spec: string): string {
  return formatAsFloat(value, parseSpec(spec, 'float'));
}

/** Python's `format(int(value), spec)` for a whole number. */
export function formatInt(value: number, spec: string): string {
  const parsed = parseSpec(spec, 'int');
  const { type, sign, isAlternate, isZeroPlain, precision } = parsed;
  if ('eEfFgG%'.includes(type)) return formatAsFloat(value, parsed);
  if (precision !== undefined) throw new Error('Precision not allowed in integer format specifier');
  if (isZeroPlain) throw new Error('Negative zero coercion (z) not allowed in integer format specifier');
  if (type === 'c') {
    if (sign !== undefined) throw new Error("Sign not allowed with integer format specifier 'c'");
    if (isAlternate) throw new Error("Alternate form (#) not allowed with integer format specifier 'c'");
    if (value < 0 || value > 0x10ffff) throw new Error('%c arg not in range(0x110000)');
    return layOut(parsed, { isNegative: false, digits: '', rest: String.fromCodePoint(value) });
  }
  const base = { b: 2, o: 8, x: 16, X: 16 }[type] ?? 10;
  const digits = BigInt(Math.abs(value)).toString(base);
  const prefix = isAlternate && base !== 10 ? `0${type}` : '';
  return layOut(parsed, { isNegative: value < 0, prefix, digits: type === 'X' ? digits.toUpperCase() : digits, rest: '' });
}

/** Python's `format(str, spec)`. */
export function formatText(text: string, spec: string): string {
  const parsed = parseSpec(spec, 'str');
  const { sign, isZeroPlain, isAlternate, align, precision } = parsed;
  if (sign === ' ') throw new Error('Space not allowed in string format specifier');
  if (sign !== undefined) throw new Error('Sign not allowed in string format specifier');
  if (isZeroPlain) throw new Error('Negative zero coercion (z) not allowed in string format specifier');
  if (isAlternate) throw new Error('Alternate form (#) not allowed in string format specifier');
  if (align === '=') throw new Error("'=' alignment not allowed in string format specifier");
  return padded('', [...text].slice(0, precision).join(''), parsed);
}

function formatAsFloat(value: number, spec: Spec): string {
  const { type, isZeroPlain } = spec;
  const scaled = type === '%' ? value * 100 : value;
  const percent = type === '%' ? '%' : '';
  const isNegative = scaled < 0 || Object.is(scaled, -0);
  if (!Number.isFinite(scaled)) {
    const text = Number.isNaN(scaled) ? 'nan' : 'inf';
    return layOut(spec, { isNegative, digits: '', rest: ('EFG'.includes(type || ' ') ? text.toUpperCase() : text) + percent });
  }
  const { digits, rest, isZero } = magnitude(Math.abs(scaled), spec);
  return layOut(spec, { isNegative: isNegative && !(isZeroPlain && isZero), digits, rest: rest + percent });
}

interface Magnitude {
  readonly digits: string;
  readonly rest: string;
  readonly isZero: boolean;
}

/** A positive number's digits before the point, and the rest from the point on. Follows format_float_short() of CPython's Python/pystrtod.c. */
function magnitude(value: number, { type, precision: given, isAlternate }: Spec): Magnitude {
  const style = type.toLowerCase();
  if (style === 'f' || style === '%') {
    const places = given ?? 6;
    return written(fixedDigits(value, places), { places, isAlternate });
  }
  if (style === 'e') {
    const places = given ?? 6;
    return written(significantDigits(value, places + 1), { places, isAlternate, exponent: type });
  }
  // No type is the shortest text that reads back, or with a precision 'g' with a digit after the point.
  const isPlain = style === '';
  const isShortest = isPlain && given === undefined;
  const precision = Math.max(given ?? 6, 1);
  const decimal = isShortest ? shortestDigits(value) : significantDigits(value, precision);
  const most = isShortest ? 16 : precision - (isPlain ? 1 : 0);
  const isExponential = decimal.point <= -4 || decimal.point > most;
  const length = isAlternate && !isShortest ? precision : decimal.digits.length;
  if (isExponential) return written(decimal, { places: length - 1, isAlternate, exponent: type === 'G' ? 'E' : 'e' });
  return written(decimal, { places: Math.max(length - decimal.point, isPlain ? 1 : 0), isAlternate });
}

/** A decimal with so many places after the point, of which it has no more. */
function written(
  { digits, point }: Decimal,
  { places, isAlternate, exponent }: { readonly places: number; readonly isAlternate: boolean; readonly exponent?: string },
): Magnitude {
  const at = exponent === undefined ? point : 1;
  const whole = at <= 0 ? '0' : digits.slice(0, at).padEnd(at, '0');
  const after = (at <= 0 ? '0'.repeat(-at) + digits : digits.slice(at)).padEnd(places, '0').slice(0, Math.max(places, 0));
  const power = point - 1;
  const tail = exponent === undefined ? '' : `${exponent}${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(2, '0')}`;
  return { digits: whole, rest: (after === '' && !isAlternate ? '' : `.${after}`) + tail, isZero: digits === '0' };
}
