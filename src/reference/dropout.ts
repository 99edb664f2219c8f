import { threefry2x32 } from '../engine/threefry.js';
import type { Floats } from './values.js';

type Mask = { size: number; offset: number; rate: number; scale: number; seed: number; stream: number; step: number };

/** mask = 0 with probability `rate`, else `scale`: bit for bit what shaders/dropout_mask.wgsl draws. */
export function dropoutMask({ mask }: { mask: Floats }, { size, offset, rate, scale, seed, stream, step }: Mask): void {
  for (let i = 0; i < size; i++) {
    const bits = threefry2x32([Math.floor((offset + i) / 2), step], [seed, stream])[(offset + i) % 2]!;
    mask[i] = (bits >>> 8) * 2 ** -24 >= Math.fround(rate) ? scale : 0;
  }
}

/** output = input * mask */
export function dropoutApply({ input, mask, output }: Record<'input' | 'mask' | 'output', Floats>, { size }: { size: number }): void {
  for (let i = 0; i < size; i++) output[i] = input[i]! * mask[i]!;
}
