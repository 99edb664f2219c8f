import type { Floats } from './values.js';

type Tensors = Record<'loss' | 'correct' | 'gate' | 'history', Floats> & { readonly faults: Uint32Array };

/** history[slot] = [loss, correct]; gate = the loss, or infinity where it is not finite or there is a fault; faults: see shaders/record.wgsl */
export function record(
  { loss, correct, gate, history, faults }: Tensors,
  { slot, width, training }: { slot: number; width: number; places: number; training: number },
): void {
  history.set([loss[0]!, correct[0]!], slot * width);
  const good = Number.isFinite(loss[0]);
  const isFaulty = faults.some(fault => fault !== 0);
  if (!good && !isFaulty && training === 1) faults[0] = slot + 1;
  gate[0] = good && !isFaulty ? loss[0]! : Infinity;
}
