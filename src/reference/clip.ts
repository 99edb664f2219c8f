import type { Floats } from './values.js';

/** clipped = min(max(gradient, -limit), limit) */
export function clipValue({ gradient, clipped }: Record<'gradient' | 'clipped', Floats>, { limit }: { limit: number }): void {
  for (let i = 0; i < gradient.length; i++) clipped[i] = Math.min(Math.max(gradient[i]!, -limit), limit);
}

/** The sum of the gradient's squares. */
export function squaredNorm({ gradient, squaredNorm: of }: Record<'gradient' | 'squaredNorm', Floats>): void {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += gradient[i]! ** 2;
  of[0] = sum;
}

/** clipped = gradient * limit / max(sqrt(squaredNorm), limit) */
export function clipNorm(
  { gradient, squaredNorm: squared, clipped }: Record<'gradient' | 'squaredNorm' | 'clipped', Floats>,
  { limit }: { limit: number },
): void {
  const scale = limit / Math.max(Math.sqrt(squared[0]!), limit);
  for (let i = 0; i < gradient.length; i++) clipped[i] = gradient[i]! * scale;
}
