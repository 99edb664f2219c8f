/** Red, green and blue, 0 … 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Eleven even steps of viridis, which grows lighter all the way and which colour-blind people can read. Source: matplotlib, _cm_listed.py (CC0) */
const VIRIDIS: readonly Rgb[] = [
  [68, 1, 84],
  [72, 36, 117],
  [65, 68, 135],
  [53, 95, 141],
  [42, 120, 142],
  [33, 145, 140],
  [34, 168, 132],
  [68, 191, 112],
  [122, 209, 81],
  [189, 223, 38],
  [253, 231, 37],
];

/** Blue and vermilion of the palette that colour-blind people can tell apart. Source: Okabe and Ito, "Color Universal Design", https://jfly.uni-koeln.de/color/ */
const [BLUE, VERMILION, WHITE]: [Rgb, Rgb, Rgb] = [
  [0, 114, 178],
  [213, 94, 0],
  [255, 255, 255],
];

/** A colour between two, or one of them at 0 and 1. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

const clamped = (value: number, low: number): number => Math.min(Math.max(value, low), 1);

/** The colour at a share of the way through even steps. */
export function along(steps: readonly Rgb[], share: number): Rgb {
  const place = clamped(share, 0) * (steps.length - 1);
  const below = Math.min(Math.floor(place), steps.length - 2);
  return mix(steps[below]!, steps[below + 1]!, place - below);
}

/** For what has no sign: dark violet at 0, green, yellow at 1. */
export const viridis = (share: number): Rgb => along(VIRIDIS, share);

/** For what has a sign: blue at -1, white at 0, vermilion at 1. */
export function diverging(share: number): Rgb {
  const value = clamped(share, -1);
  return mix(WHITE, value < 0 ? BLUE : VERMILION, Math.abs(value));
}
