import type { Floats } from './values.js';

export function zeros({ output }: Record<'output', Floats>): void {
  output.fill(0);
}
