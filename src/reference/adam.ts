import type { Floats } from './values.js';

type Tensors = Record<'gradient' | 'loss' | 'parameter' | 'moment' | 'velocity', Floats> & { readonly faults: Uint32Array };
type Adam = { size: number; momentRate: number; velocityRate: number; epsilon: number; stepSize: number; place: number; slot: number };

/** moment += (g - moment) * momentRate; velocity += (g² - velocity) * velocityRate; parameter -= stepSize * moment / (sqrt(velocity) + epsilon); faults: see shaders/record.wgsl */
export function adam(
  { gradient, loss, parameter, moment, velocity, faults }: Tensors,
  { size, momentRate, velocityRate, epsilon, stepSize, place, slot }: Adam,
): void {
  if (!Number.isFinite(loss[0])) return;
  for (let i = 0; i < size; i++) {
    const g = gradient[i]!;
    const m = moment[i]! + (g - moment[i]!) * momentRate;
    const v = velocity[i]! + (g * g - velocity[i]!) * velocityRate;
    moment[i] = m;
    velocity[i] = v;
    parameter[i]! -= (stepSize * m) / (Math.sqrt(v) + epsilon);
    if (!Number.isFinite(parameter[i]!) || !Number.isFinite(moment[i]!) || !Number.isFinite(velocity[i]!)) faults[place] = slot + 1;
  }
}
