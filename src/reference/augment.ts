import type { Floats } from './values.js';

type Augment = { batch: number; height: number; width: number; channels: number; fillMode: number; cval: number; rescale: number };

const CONSTANT = 1;
const REFLECT = 2;
const WRAP = 3;

/**
 * scipy.ndimage.affine_transform with order 1 on bytes or float32, mirrored and flipped, times rescale: see shaders/augment.wgsl.
 * pictures [pictures, height, width, channels], transforms [batch, 11] -> output [batch, height, width, channels]
 */
export function augment(
  { pictures, transforms, output }: { pictures: Uint8Array | Floats } & Record<'transforms' | 'output', Floats>,
  { batch, height, width, channels, fillMode, cval, rescale }: Augment,
): void {
  const factor = Math.fround(rescale);
  let index = 0;
  for (let n = 0; n < batch; n++) {
    const [a00, a01, a10, a11, b0, b1, mirror, flip] = transforms.subarray(n * 11, n * 11 + 8) as unknown as number[];
    const picture = transforms[n * 11 + 10]!;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const r = (flip ? height - 1 - row : row) - (height - 1) / 2;
        const c = (mirror ? width - 1 - column : column) - (width - 1) / 2;
        const y = a00! * r + a01! * c + b0! + (height - 1) / 2;
        const x = a10! * r + a11! * c + b1! + (width - 1) / 2;
        const outside = y < 0 || y > height - 1 || x < 0 || x > width - 1;
        const [top, bottom, down] = neighbours(y, height, fillMode);
        const [left, right, along] = neighbours(x, width, fillMode);
        const at = (i: number, j: number, channel: number): number => pictures[((picture * height + i) * width + j) * channels + channel]!;
        for (let channel = 0; channel < channels; channel++) {
          const above = at(top, left, channel) * (1 - along) + at(top, right, channel) * along;
          const below = at(bottom, left, channel) * (1 - along) + at(bottom, right, channel) * along;
          const value = fillMode === CONSTANT && outside ? cval : above * (1 - down) + below * down;
          output[index++] = Math.fround(value) * factor;
        }
      }
    }
  }
}

/** The two indices that coordinate t lies between, brought inside the image, and its distance from the first. */
function neighbours(t: number, size: number, fillMode: number): [number, number, number] {
  const coordinate = fillMode === WRAP ? wrap(t, size) : t;
  const first = Math.floor(coordinate);
  return [inside(first, size, fillMode), inside(first + 1, size, fillMode), coordinate - first];
}

function wrap(t: number, size: number): number {
  const period = size - 1;
  if (t >= 0 && t <= period) return t;
  if (period === 0) return 0;
  return t < 0 ? t + period * (Math.trunc(-t / period) + 1) : t - period * Math.trunc(t / period);
}

function inside(index: number, size: number, fillMode: number): number {
  if (fillMode !== REFLECT) return Math.min(Math.max(index, 0), size - 1);
  const period = 2 * size;
  const folded = ((index % period) + period) % period;
  return Math.min(folded, period - 1 - folded);
}
