/** A small picture of a picture, by which near-duplicates are told: brightness on a grid, and colours on a coarser one. */

/** Places of brightness across and down. */
export const GRID = 20;

/** Places of colour across and down. */
const COLOR_GRID = 4;
const COLORS = COLOR_GRID ** 2;

/** Bytes of a signature: GRID x GRID of brightness, then COLOR_GRID x COLOR_GRID of blue's and of red's difference from it, 128 where there is none. */
export const SIGNATURE_SIZE = GRID ** 2 + 2 * COLORS;

/** Shares of red, green and blue in brightness, and scales of blue's and red's difference from it. Source: ITU-R BT.601, as JPEG has it. */
const LUMA = [0.299, 0.587, 0.114] as const;
const BLUE = 0.564;
const RED = 0.713;

/** Pixels across and down at most that each place has its mean from: enough of a large picture, in little time. */
const MOST_SAMPLES = 6;

/** Where pixels are looked at: in a picture of one size, for each place of the grid `down` rows and `across` columns. */
interface Samples {
  readonly of: string;
  readonly down: number;
  readonly across: number;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** Of the last picture: most have the size of the one before. */
let lastSamples: Samples | undefined;

function samplesOf(height: number, width: number, channels: number): Samples {
  const of = `${height}x${width}x${channels}`;
  if (lastSamples?.of === of) return lastSamples;
  const [down, across] = [height, width].map(size => Math.max(1, Math.min(Math.floor(size / GRID), MOST_SAMPLES))) as [number, number];
  lastSamples = { of, down, across, rows: along(height, down, width * channels), columns: along(width, across, channels) };
  return lastSamples;
}

/** Where the pixels lie in a line of `size`, `step` apart, that are looked at: in the middle of equal parts, so that a picture in a mirror has the same. */
const along = (size: number, count: number, step: number): Int32Array =>
  Int32Array.from({ length: GRID * count }, (_, i) => Math.floor(((i + 0.5) * size) / (GRID * count)) * step);

/** `bytes`: [height, width, channels], 1 for grey ones, 3, or 4 with alpha, which is left out. */
export function signatureOf(bytes: Uint8Array, height: number, width: number, channels: number): Uint8Array {
  const { down, across, rows, columns } = samplesOf(height, width, channels);
  const [greenAt, blueAt] = channels < 3 ? [0, 0] : [1, 2];
  const signature = new Uint8ClampedArray(SIGNATURE_SIZE);
  const colors = new Float32Array(2 * COLORS);
  const cells = (GRID / COLOR_GRID) ** 2;
  const count = down * across;
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let row = y * down; row < (y + 1) * down; row++) {
        for (let column = x * across; column < (x + 1) * across; column++) {
          const at = rows[row]! + columns[column]!;
          red += bytes[at]!;
          green += bytes[at + greenAt]!;
          blue += bytes[at + blueAt]!;
        }
      }
      const luma = LUMA[0] * (red / count) + LUMA[1] * (green / count) + LUMA[2] * (blue / count);
      signature[y * GRID + x] = luma;
      const color = Math.floor((y * COLOR_GRID) / GRID) * COLOR_GRID + Math.floor((x * COLOR_GRID) / GRID);
      colors[color]! += (BLUE * (blue / count - luma)) / cells;
      colors[COLORS + color]! += (RED * (red / count - luma)) / cells;
    }
  }
  for (const [i, color] of colors.entries()) signature[GRID ** 2 + i] = 128 + color;
  return new Uint8Array(signature.buffer);
}

/** The signature of the picture in a mirror. */
export function mirrored(signature: Uint8Array): Uint8Array {
  const turned = new Uint8Array(SIGNATURE_SIZE);
  const turn = (start: number, side: number): void => {
    for (let at = 0; at < side * side; at++) turned[start + at] = signature[start + at - (at % side) + side - 1 - (at % side)]!;
  };
  turn(0, GRID);
  turn(GRID ** 2, COLOR_GRID);
  turn(GRID ** 2 + COLORS, COLOR_GRID);
  return turned;
}

/** The largest difference of colour of two signatures, 0 to 255, where all of the first is made `gain` times as bright. */
export function colorDifference(a: Uint8Array, b: Uint8Array, gain: number): number {
  let largest = 0;
  for (let at = GRID ** 2; at < SIGNATURE_SIZE; at++) largest = Math.max(largest, Math.abs(gain * (a[at]! - 128) - (b[at]! - 128)));
  return largest;
}
