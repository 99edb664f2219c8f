import type { Floats } from './values.js';

/** output = a + b */
export function add({ a, b, output }: Record<'a' | 'b' | 'output', Floats>, { size }: { size: number }): void {
  for (let i = 0; i < size; i++) output[i] = a[i]! + b[i]!;
}
