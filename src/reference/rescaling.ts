import type { Floats } from './values.js';

/** output = scale * input + offset */
export function rescaling(
  { input, output }: Record<'input' | 'output', Floats>,
  { size, scale, offset }: { size: number; scale: number; offset: number },
): void {
  for (let i = 0; i < size; i++) output[i] = scale * input[i]! + offset;
}
