import { confusionOp, scoreHistogramOp, topKAccuracyOp } from '../ops/metrics.js';
import { noteOp } from '../ops/note.js';
import { inOrder, oneWorkgroup } from './launch.js';
import { elementwise, kernels, naive } from './variant.js';

export const metrics = [
  kernels(
    topKAccuracyOp,
    naive('top_k_accuracy', () => oneWorkgroup('correct')),
  ),
  kernels(confusionOp, elementwise('confusion', 'counts')),
  kernels(scoreHistogramOp, elementwise('score_histogram', 'counts')),
  kernels(
    noteOp,
    // Of the history, one row is written: its columns tell the invocation.
    naive('note', ({ size, width, offset }) =>
      inOrder(size, { history: element => Math.min(Math.max((element % width) - offset, 0), size - 1) }),
    ),
  ),
];
