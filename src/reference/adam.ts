import type { Floats } from './values.js';

type Adam = { size: number; momentRate: number; velocityRate: number; epsilon: number; stepSize: number };

/** moment += (g - moment) * momentRate; velocity += (g² - velocity) * velocityRate; parameter -= stepSize * moment / (sqrt(velocity) + epsilon) */
export function adam(
  { gradient, loss, parameter, moment, velocity }: Record<'gradient' | 'loss' | 'parameter' | 'moment' | 'velocity', Floats>,
  { size, momentRate, velocityRate, epsilon, stepSize }: Adam,
): void {
  if (!Number.isFinite(loss[0])) return;
  for (let i = 0; i < size; i++) {
    const g = gradient[i]!;
    const m = moment[i]! + (g - moment[i]!) * momentRate;
    const v = velocity[i]! + (g * g - velocity[i]!) * velocityRate;
    moment[i] = m;
    velocity[i] = v;
    parameter[i]! -= (stepSize * m) / (Math.sqrt(v) + epsilon);
  }
}
