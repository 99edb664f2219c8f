import type { Floats } from './values.js';

type Rmsprop = {
  size: number;
  rho: number;
  rate: number;
  momentumFactor: number;
  epsilon: number;
  centered: number;
  learningRate: number;
  place: number;
  slot: number;
};
type Tensors = Record<'gradient' | 'loss' | 'parameter' | 'velocity' | 'momentum' | 'average', Floats> & { readonly faults: Uint32Array };

/** One step of RMSprop: see shaders/rmsprop.wgsl. */
export function rmsprop(
  { gradient, loss, parameter, velocity, momentum, average, faults }: Tensors,
  { size, rho, rate, momentumFactor, epsilon, centered, learningRate, place, slot }: Rmsprop,
): void {
  if (!Number.isFinite(loss[0])) return;
  for (let i = 0; i < size; i++) {
    const g = gradient[i]!;
    velocity[i] = rho * velocity[i]! + rate * g * g;
    average[i] = centered === 1 ? rho * average[i]! + rate * g : 0;
    const root = Math.sqrt(velocity[i]! - average[i]! ** 2 + epsilon);
    momentum[i] = momentumFactor * momentum[i]! + (learningRate * g) / root;
    parameter[i]! -= momentum[i]!;
    if (![parameter[i], velocity[i], momentum[i]].every(Number.isFinite)) faults[place] = slot + 1;
  }
}
