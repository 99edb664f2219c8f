import { defineOp, type Scalar } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';

export const recordOp = defineOp<{ readonly slot: Scalar; readonly width: number; readonly places: number; readonly training: number }>()({
  name: 'record',
  inputs: ['loss', 'correct'],
  updates: ['history', 'faults'],
  outputs: ['gate'],
  shapes: () => ({ gate: { shape: [1] } }),
  cost: ({ places }) => ({ flops: 0, bytes: 20 + 4 * places }),
});

/**
 * Notes loss [1] and correct [1] in row `slot` (a scalar of the run) of history [capacity, width], whose other columns are metrics': see note(). The host reads
 * many batches at once, when it wants to. Gives the loss
 * that an optimizer's step depends on: infinite where it is not finite or an earlier step had a fault. In training, notes a loss that is not finite
 * at place 0 of faults (uint32); what changes weights uses other places.
 */
export function record(
  loss: Tensor,
  correct: Tensor,
  updates: { readonly history: Tensor; readonly faults: Tensor },
  { training }: { readonly training: boolean },
): Tensor {
  const [, width] = updates.history.shape as [number, number];
  const attrs = { slot: { scalar: 'slot' }, width, places: updates.faults.shape[0]!, training: Number(training) };
  return loss.graph.add(recordOp, { loss, correct }, attrs, updates).gate;
}
