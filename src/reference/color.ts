import type { Floats } from './values.js';

type Images = { batch: number; size: number };
type Tensors = Record<'input' | 'range' | 'transforms' | 'output', Floats>;

/** Columns of `transforms` [batch, 11]. */
const COLUMNS = 11;
const CHANNEL_SHIFT = 8;
const BRIGHTNESS = 9;

/** range[n] = smallest and largest value of image n */
export function imageRange({ input, range }: Record<'input' | 'range', Floats>, { batch, size }: Images): void {
  for (let n = 0; n < batch; n++) {
    let [low, high] = [input[n * size]!, input[n * size]!];
    for (let i = n * size; i < (n + 1) * size; i++) {
      low = Math.min(low, input[i]!);
      high = Math.max(high, input[i]!);
    }
    range.set([low, high], 2 * n);
  }
}

/** output = clip(input + shift, the image's range) * rescale */
export function channelShift({ input, range, transforms, output }: Tensors, { batch, size, rescale }: Images & { rescale: number }): void {
  for (let i = 0; i < batch * size; i++) {
    const n = Math.floor(i / size);
    const shifted = input[i]! + transforms[n * COLUMNS + CHANNEL_SHIFT]!;
    output[i] = Math.min(Math.max(shifted, range[2 * n]!), range[2 * n + 1]!) * Math.fround(rescale);
  }
}

/** PIL's ImageEnhance.Brightness by its byte rules: see shaders/brightness.wgsl. */
export function brightness({ input, range, transforms, output }: Tensors, a: Images & { stretch: number; rescale: number }): void {
  for (let i = 0; i < a.batch * a.size; i++) {
    const n = Math.floor(i / a.size);
    const low = range[2 * n]!;
    const width = range[2 * n + 1]! - low;
    const isOutside = low < 0 || low + width > 255;
    let value = input[i]!;
    if (isOutside || a.stretch) value = width === 0 ? value - low : ((value - low) / width) * 255;
    value = Math.trunc(Math.fround(Math.trunc(value) * transforms[n * COLUMNS + BRIGHTNESS]!));
    value = Math.min(Math.max(value, 0), 255);
    if (isOutside && !a.stretch) value = (value / 255) * width + low;
    output[i] = value * Math.fround(a.rescale);
  }
}
