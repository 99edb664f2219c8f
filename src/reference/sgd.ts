import type { Floats } from './values.js';

type Sgd = { size: number; momentum: number; nesterov: number; learningRate: number; place: number; slot: number };
type Tensors = Record<'gradient' | 'loss' | 'parameter' | 'velocity', Floats> & { readonly faults: Uint32Array };

/** velocity = momentum * velocity - learningRate * gradient; parameter += velocity, or the same of velocity again; faults: see shaders/record.wgsl */
export function sgd(
  { gradient, loss, parameter, velocity, faults }: Tensors,
  { size, momentum, nesterov, learningRate, place, slot }: Sgd,
): void {
  if (!Number.isFinite(loss[0])) return;
  for (let i = 0; i < size; i++) {
    velocity[i] = momentum * velocity[i]! - learningRate * gradient[i]!;
    parameter[i]! += nesterov === 1 ? momentum * velocity[i]! - learningRate * gradient[i]! : velocity[i]!;
    if (!Number.isFinite(parameter[i]) || !Number.isFinite(velocity[i])) faults[place] = slot + 1;
  }
}
