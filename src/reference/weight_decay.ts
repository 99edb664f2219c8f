import type { Floats } from './values.js';

/** parameter -= parameter * decay * learningRate */
export function weightDecay(
  { loss, parameter }: Record<'loss' | 'parameter', Floats>,
  { size, decay, learningRate }: { size: number; decay: number; learningRate: number },
): void {
  if (!Number.isFinite(loss[0])) return;
  for (let i = 0; i < size; i++) parameter[i]! -= parameter[i]! * decay * learningRate;
}
