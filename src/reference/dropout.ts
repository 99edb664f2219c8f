import { philox4x32, uniformOf } from '../engine/philox.js';
import type { Floats } from './values.js';

type Mask = {
  size: number;
  offset: number;
  features: number;
  rate: number;
  scale: number;
  seed: number;
  stream: number;
  rowsBefore: number;
};

/** Blocks of four words that TensorFlow's generator goes on by for each element drawn. */
const BLOCKS_PER_ELEMENT = 256;

/** mask = 0 with probability `rate`, else `scale`: bit for bit what shaders/dropout_mask.wgsl draws. */
export function dropoutMask({ mask }: { mask: Floats }, { size, offset, features, rate, scale, seed, stream, rowsBefore }: Mask): void {
  // A double holds it exactly: below 2^53.
  const before = rowsBefore * features * BLOCKS_PER_ELEMENT;
  for (let i = 0; i < size; i++) {
    const block = before + Math.floor((offset + i) / 4);
    const words = philox4x32([block % 2 ** 32, Math.floor(block / 2 ** 32), stream, 0], [seed, 0]);
    mask[i] = uniformOf(words[(offset + i) % 4]!) >= Math.fround(rate) ? scale : 0;
  }
}

/** output = input * mask */
export function dropoutApply({ input, mask, output }: Record<'input' | 'mask' | 'output', Floats>, { size }: { size: number }): void {
  for (let i = 0; i < size; i++) output[i] = input[i]! * mask[i]!;
}

/** output[n, place, c] = input[n, place, c] * mask[n, c] */
export function channelDropout(
  { input, mask, output }: Record<'input' | 'mask' | 'output', Floats>,
  { size, places, channels }: { size: number; places: number; channels: number },
): void {
  for (let i = 0; i < size; i++) {
    const [n, c] = [Math.floor(i / (places * channels)), i % channels];
    output[i] = input[i]! * mask[n * channels + c]!;
  }
}
