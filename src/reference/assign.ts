import type { Floats } from './values.js';

type Tensors = Record<'value' | 'loss' | 'variable', Floats> & { readonly faults: Uint32Array };

/** variable = value; faults: see shaders/record.wgsl */
export function assign(
  { value, loss, variable, faults }: Tensors,
  { size, place, slot }: { size: number; place: number; slot: number },
): void {
  if (!Number.isFinite(loss[0])) return;
  for (let i = 0; i < size; i++) {
    variable[i] = value[i]!;
    if (!Number.isFinite(variable[i])) faults[place] = slot + 1;
  }
}
