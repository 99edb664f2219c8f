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

/** `bytes`: [height, width, channels], 1 for grey ones, 3, or 4 with alpha, which is left out. */
export function signatureOf(bytes: Uint8Array, height: number, width: number, channels: number): Uint8Array {
  const sums = new Int32Array(3 * GRID ** 2);
  const [down, across] = [height, width].map(size => Math.min(Math.ceil(size / GRID), MOST_SAMPLES)) as [number, number];
  const rows = samples(height, down, width * channels);
  const columns = samples(width, across, channels);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let y = 0; y < rows.length; y++) {
    for (let x = 0; x < columns.length; x++) {
      const at = rows[y]! + columns[x]!;
      const to = 3 * (((y / down) | 0) * GRID + ((x / across) | 0));
      sums[to]! += bytes[at]!;
      sums[to + 1]! += bytes[at + green]!;
      sums[to + 2]! += bytes[at + blue]!;
    }
  }
  return quantized(sums, down * across);
}

/** Where the pixels lie in a line of `size`, `step` apart, that are looked at: in the middle of equal parts, so that a picture in a mirror has the same. */
const samples = (size: number, count: number, step: number): Int32Array =>
  Int32Array.from({ length: GRID * count }, (_, i) => Math.floor(((i + 0.5) * size) / (GRID * count)) * step);

/** A signature of red, green and blue of each place, added up over so many samples. */
function quantized(sums: Int32Array, samples: number): Uint8Array {
  const signature = new Uint8ClampedArray(SIGNATURE_SIZE);
  const colors = new Float32Array(2 * COLORS);
  const cells = (GRID / COLOR_GRID) ** 2;
  for (let place = 0; place < GRID ** 2; place++) {
    const red = sums[3 * place]! / samples;
    const green = sums[3 * place + 1]! / samples;
    const blue = sums[3 * place + 2]! / samples;
    const luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue;
    signature[place] = luma;
    const x = Math.floor(((place % GRID) * COLOR_GRID) / GRID);
    const y = Math.floor((place * COLOR_GRID) / GRID ** 2);
    colors[y * COLOR_GRID + x]! += (BLUE * (blue - luma)) / cells;
    colors[COLORS + y * COLOR_GRID + x]! += (RED * (red - luma)) / cells;
  }
  signature.set(
    colors.map(color => 128 + color),
    GRID ** 2,
  );
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
