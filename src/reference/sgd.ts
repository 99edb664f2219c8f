import type { Floats } from './values.js';

type Sgd = { size: number; momentum: number; learningRate: number };

/** velocity = momentum * velocity - learningRate * gradient; parameter += velocity */
export function sgd(
  { gradient, loss, parameter, velocity }: Record<'gradient' | 'loss' | 'parameter' | 'velocity', Floats>,
  { size, momentum, learningRate }: Sgd,
): void {
  if (!Number.isFinite(loss[0])) return;
  for (let i = 0; i < size; i++) {
    velocity[i] = momentum * velocity[i]! - learningRate * gradient[i]!;
    parameter[i]! += velocity[i]!;
  }
}
