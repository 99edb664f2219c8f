import type { RandomState } from '../../engine/random.js';
import type { Canvas } from './paint.js';
import { chance } from './person.js';

/** What light and camera make of a painted picture. */
export interface Camera {
  /** Factors of red, green and blue. */
  readonly gain: readonly [number, number, number];
  /** 1 leaves it; above spreads the tones from middle grey. */
  readonly contrast: number;
  /** How much brighter it is on the light's side. */
  readonly fall: number;
  /** Standard deviation of the blur as a share of the size. */
  readonly blur: number;
  /** Largest noise, 0 to 1. */
  readonly noise: number;
  readonly seed: number;
}

export function pickCamera(random: RandomState): Camera {
  const brightness = random.uniform(0.84, 1.04);
  const warmth = random.uniform(-0.07, 0.09);
  const blurred = chance(random, 0.25);
  const blur = random.uniform(0.001, 0.006);
  return {
    gain: [brightness * (1 + warmth), brightness * (1 + random.uniform(-0.02, 0.02)), brightness * (1 - warmth)],
    contrast: random.uniform(0.92, 1.1),
    fall: random.uniform(0, 0.3),
    blur: blurred ? blur : 0,
    noise: random.uniform(0.005, 0.035),
    seed: random.word(),
  };
}

/** The bytes [size, size, 3] of a picture as the camera takes it. */
export function develop(
  canvas: Canvas,
  { gain, contrast, fall, blur, noise, seed }: Camera,
  [lx, ly]: readonly [number, number],
): Uint8Array {
  const { size, pixels } = canvas;
  soften(pixels, size, blur * size);
  const data = new Uint8Array(pixels.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const pixel = y * size + x;
      const lit = 1 + fall * (lx * ((x + 0.5) / size - 0.5) + ly * ((y + 0.5) / size - 0.5));
      const grey = grain(seed, pixel * 4);
      for (let c = 0; c < 3; c++) {
        const value =
          0.5 + (pixels[pixel * 3 + c]! * lit * gain[c]! - 0.5) * contrast + noise * (0.7 * grey + 0.3 * grain(seed, pixel * 4 + c + 1));
        data[pixel * 3 + c] = Math.floor(Math.min(Math.max(value, 0), 1) * 255 + 0.5);
      }
    }
  }
  return data;
}

/** A number from -1 to 1 that is random in its arguments, more often near 0. */
function grain(seed: number, index: number): number {
  let word = Math.imul(index + 1, 0x9e3779b1) ^ seed;
  word = Math.imul(word ^ (word >>> 15), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  word ^= word >>> 16;
  return ((word & 0xffff) - (word >>> 16)) / 65536;
}

/** Blurs [size, size, 3] in place by passes of a three-pixel kernel, whose variances add up to `deviation` squared. */
function soften(pixels: Float32Array, size: number, deviation: number): void {
  const passes = Math.ceil((deviation * deviation) / 0.5);
  if (passes === 0) return;
  const side = (deviation * deviation) / passes / 2;
  const stride = size * 3;
  for (let pass = 0; pass < passes; pass++) {
    for (let row = 0; row < size; row++) for (let c = 0; c < 3; c++) smear(pixels, row * stride + c, 3, size, side);
    for (let start = 0; start < stride; start++) smear(pixels, start, stride, size, side);
  }
}

/** Each of `count` values, `step` apart, takes a share of its neighbours; the border repeats. */
function smear(values: Float32Array, start: number, step: number, count: number, share: number): void {
  let before = values[start]!;
  for (let i = 0; i < count; i++) {
    const at = start + i * step;
    const here = values[at]!;
    const after = i + 1 < count ? values[at + step]! : here;
    values[at] = here + share * (before + after - 2 * here);
    before = here;
  }
}
