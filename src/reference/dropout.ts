import { philox4x32, uniformOf } from '../engine/philox.js';
import type { Floats } from './values.js';

type Mask = {
  size: number;
  channels: number;
  offset: number;
  rate: number;
  scale: number;
  seed: number;
  stream: number;
  rowsBefore: number;
};
type Masked = { places: number; channels: number };

/** Blocks of four words that TensorFlow's generator goes on by for each element drawn. */
const BLOCKS_PER_ELEMENT = 256;

/** mask = 0 with probability `rate`, else `scale`: bit for bit what shaders/dropout_forward.wgsl draws. */
export function drawMask(mask: Floats, { size, channels, offset, rate, scale, seed, stream, rowsBefore }: Mask): void {
  // A double holds it exactly: below 2^53.
  const before = rowsBefore * channels * BLOCKS_PER_ELEMENT;
  for (let i = 0; i < size; i++) {
    const block = before + Math.floor((offset + i) / 4);
    const words = philox4x32([block % 2 ** 32, Math.floor(block / 2 ** 32), stream, 0], [seed, 0]);
    mask[i] = uniformOf(words[(offset + i) % 4]!) >= Math.fround(rate) ? scale : 0;
  }
}

/** output[n, place, c] = input[n, place, c] * mask[n, c] */
function multiply(input: Floats, mask: Floats, output: Floats, { places, channels }: Masked): void {
  for (let i = 0; i < output.length; i++) {
    const [n, c] = [Math.floor(i / (places * channels)), i % channels];
    output[i] = input[i]! * mask[n * channels + c]!;
  }
}

/** output[n, place, c] = input[n, place, c] * mask[n, c], and the mask that it draws */
export function dropoutForward({ input, mask, output }: Record<'input' | 'mask' | 'output', Floats>, attrs: Mask & Masked): void {
  drawMask(mask, attrs);
  multiply(input, mask, output, attrs);
}

/** dInput[n, place, c] = dOutput[n, place, c] * mask[n, c] */
export function dropoutBackward({ mask, dOutput, dInput }: Record<'mask' | 'dOutput' | 'dInput', Floats>, attrs: Masked): void {
  multiply(dOutput, mask, dInput, attrs);
}
