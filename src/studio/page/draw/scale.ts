import { along, type Rgb, viridis } from '../../../inspect/colors.js';

/** How numbers become colours. Both scales can be told apart by people who see red and green alike, and get lighter or stronger with size. */
export interface Scale {
  /** 'magnitude': from `low` dark to `high` bright. 'signed': blue below 0, white, orange above, as strong to both sides. */
  readonly kind: 'magnitude' | 'signed';
  readonly low: number;
  readonly high: number;
}

const SIGNED: readonly Rgb[] = [
  [8, 64, 129],
  [67, 142, 194],
  [247, 247, 247],
  [242, 150, 60],
  [153, 62, 4],
];

/** 256 colours of a scale, as red, green, blue. */
const table = (colorAt: (share: number) => Rgb): Uint8Array =>
  new Uint8Array(Array.from({ length: 256 }, (_, i) => colorAt(i / 255)).flat());

const TABLES = { magnitude: table(viridis), signed: table(share => along(SIGNED, share)) } as const;

/** Some numbers of a buffer: `count` of them from `offset`, `stride` apart. */
export interface Slice {
  readonly data: ArrayLike<number>;
  readonly offset?: number;
  readonly stride?: number;
  readonly count?: number;
}

export function rangeOf({ data, offset = 0, stride = 1, count = Math.ceil((data.length - offset) / stride) }: Slice): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0, at = offset; i < count; i++, at += stride) {
    const value = data[at]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

/** The scale for some numbers: signed where there are numbers below 0. */
export function scaleOf(slice: Slice): Scale {
  const [low, high] = rangeOf(slice);
  if (low >= 0) return { kind: 'magnitude', low: 0, high: high || 1 };
  const most = Math.max(-low, high);
  return { kind: 'signed', low: -most, high: most };
}

/** Where a number's colour begins in the scale's table. */
function colorIndex({ low, high }: Scale, value: number): number {
  const share = (value - low) / (high - low || 1);
  return 3 * Math.max(0, Math.min(255, Math.round(255 * share)));
}

/** Writes a number's colour into red, green, blue, alpha. */
export function paint(pixels: Uint8ClampedArray, at: number, scale: Scale, value: number): void {
  const colors = TABLES[scale.kind];
  const index = colorIndex(scale, value);
  pixels[at] = colors[index]!;
  pixels[at + 1] = colors[index + 1]!;
  pixels[at + 2] = colors[index + 2]!;
  pixels[at + 3] = 255;
}

/** A number's colour for CSS, and a colour of text that can be read on it. */
export function cssColor(scale: Scale, value: number): { readonly ground: string; readonly ink: string } {
  const colors = TABLES[scale.kind];
  const index = colorIndex(scale, value);
  const [red, green, blue] = [colors[index]!, colors[index + 1]!, colors[index + 2]!];
  const light = luminance(red, green, blue) + 0.05;
  // White or black, whichever stands out more.
  return { ground: `rgb(${red} ${green} ${blue})`, ink: light / 0.05 > 1.05 / light ? '#000000' : '#ffffff' };
}

/** Relative luminance of a colour whose parts are 0 … 255. Source: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(...parts: readonly [red: number, green: number, blue: number]): number {
  const [red, green, blue] = parts.map(part => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
