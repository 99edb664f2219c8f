import { defineOp, type Scalar } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

export const noteOp = defineOp<{ readonly slot: Scalar; readonly width: number; readonly offset: number; readonly size: number }>()({
  name: 'note',
  inputs: ['counts'],
  updates: ['history'],
  outputs: [],
  shapes: () => ({}),
  cost: ({ size }) => ({ flops: 0, bytes: 8 * size }),
});

/** Notes what a metric counted, from column `offset` on, in row `slot` (a scalar of the run) of history [capacity, width]: see record(). */
export function note(counts: Tensor, history: Tensor, offset: number): void {
  counts.graph.add(
    noteOp,
    { counts },
    { slot: { scalar: 'slot' }, width: history.shape[1]!, offset, size: sizeOf(counts.shape) },
    { history },
  );
}
