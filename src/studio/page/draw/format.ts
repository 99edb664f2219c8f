/** A number for people: four digits that mean something, a true minus sign. */
export function number(value: number, digits = 4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6)
      ? value.toExponential(digits - 2)
      : Number.isInteger(value)
        ? `${value}`
        : value.toPrecision(digits);
  return text.replaceAll('-', '−');
}

/** A number that is added to what stands before it: '+ 0.5', '− 0.5'. */
export const added = (value: number, digits = 4): string => `${value < 0 ? '−' : '+'} ${number(Math.abs(value), digits)}`;

/** A count with its thousands apart. */
export const count = (value: number): string => value.toLocaleString('en');

/** '1.23 G', '512 ', before a unit: for operations and the like. */
export function big(value: number): string {
  const units = ['\u00a0', '\u00a0k', '\u00a0M', '\u00a0G', '\u00a0T'];
  const power = Math.min(Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3)), units.length - 1);
  return `${Number((value / 1000 ** power).toPrecision(3))}${units[power]}`;
}

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)}\u00a0%`;

export function duration(ms: number): string {
  if (ms < 1) return `${Number((1000 * ms).toPrecision(3))} µs`;
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

export const shapeOf = (shape: readonly number[]): string => shape.join(' × ');
