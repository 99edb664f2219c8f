import { defineOp, kernel, type Scalar } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';

const recordOp = defineOp<{ readonly slot: Scalar }>()({
  name: 'record',
  inputs: ['loss', 'correct'],
  updates: ['history'],
  outputs: [],
  shapes: () => ({}),
  cost: () => ({ flops: 0, bytes: 16 }),
  variants: [kernel('record', () => [1, 1, 1])],
});

/** Notes loss [1] and correct [1] in row `slot` (a scalar of the run) of history [capacity, 2]: read many batches at once, when wanted. */
export function record(loss: Tensor, correct: Tensor, history: Tensor): void {
  loss.graph.add(recordOp, { loss, correct }, { slot: { scalar: 'slot' } }, { history });
}
