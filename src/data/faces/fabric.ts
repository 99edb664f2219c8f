import type { RandomState } from '../../engine/random.js';
import { type Color, darker, FABRICS, lighter, luma } from './color.js';
import type { Ink } from './paint.js';
import { square } from './path.js';
import { chance } from './person.js';

/** A cloth's colours and what is printed on it. */
export interface Fabric {
  readonly color: Color;
  readonly second: Color;
  readonly pattern: 'plain' | 'stripes' | 'lines' | 'dots' | 'checks';
  /** Length of a repeat in the head's units. */
  readonly repeat: number;
}

/** A fabric that is printed with the given probability. */
export function pickFabric(random: RandomState, printed: number, colors: readonly Color[] = FABRICS): Fabric {
  const color = random.choice(colors);
  const other = random.choice(FABRICS);
  const pattern = random.choice(['stripes', 'lines', 'dots', 'checks'] as const);
  const contrast = luma(color) > 0.5 ? darker(color, 0.45) : lighter(color, 0.6);
  return {
    color,
    second: Math.abs(luma(other) - luma(color)) > 0.2 ? other : contrast,
    pattern: chance(random, printed) ? pattern : 'plain',
    repeat: random.uniform(0.14, 0.3),
  };
}

const fraction = (x: number): number => x - Math.floor(x);

/** 0 to 1 as a value grows through zero, over a tenth to each side. */
const edge = (value: number): number => Math.min(Math.max(0.5 + value * 5, 0), 1);

/** How a fabric is painted. The pattern begins at the pen's (0, 0). */
export function inkOf({ color, second, pattern, repeat }: Fabric): Ink {
  const band = (x: number): number => Math.abs(fraction(x / repeat) - 0.5) - 0.25;
  switch (pattern) {
    case 'plain':
      return { color };
    case 'stripes':
      return { color, to: second, at: (_, y) => edge(band(y)) };
    case 'lines':
      return { color, to: second, at: x => edge(band(x) - 0.12) };
    case 'checks':
      return { color, to: second, at: (x, y) => 0.45 * (edge(band(x)) + edge(band(y))) };
    case 'dots':
      return {
        color,
        to: second,
        at: (x, y) => {
          const odd = fraction(Math.floor(y / repeat) / 2);
          return edge(0.18 - 3 * square(fraction(x / repeat + odd) - 0.5) - 3 * square(fraction(y / repeat) - 0.5));
        },
      };
  }
}
