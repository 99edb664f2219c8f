/** The decimal digits of a positive double: 0.d1d2d3… times 10^point. Without zeros at the end; of zero, '0' with point 1. */
export interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/** The fewest digits that read back as the same number. */
export function shortestDigits(value: number): Decimal {
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return { digits: mantissa.replace('.', ''), point: value === 0 ? 1 : Number(exponent) + 1 };
}

/** `count` digits, rounded half to even on the exact binary value, as C does; JavaScript's own methods round exact ties up. */
export function significantDigits(value: number, count: number): Decimal {
  if (value === 0) return { digits: '0', point: 1 };
  const exponent = Number(value.toExponential().split('e')[1]);
  const rounded = scaled(value, count - 1 - exponent).toString();
  // Rounding up may have made one more.
  return { digits: withoutZeros(rounded), point: exponent + 1 + (rounded.length - count) };
}

/** The digits up to `places` after the decimal point, rounded likewise; '0' where none is left. */
export function fixedDigits(value: number, places: number): Decimal {
  const rounded = scaled(value, places).toString();
  return rounded === '0' ? { digits: '0', point: 1 } : { digits: withoutZeros(rounded), point: rounded.length - places };
}

const withoutZeros = (digits: string): string => digits.replace(/0+$/, '') || '0';

/** value times 10^power as a whole number. */
function scaled(value: number, power: number): bigint {
  const [numerator, denominator] = fraction(value);
  return power >= 0
    ? divideHalfEven(numerator * 10n ** BigInt(power), denominator)
    : divideHalfEven(numerator, denominator * 10n ** BigInt(-power));
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
