import { binaryAccuracyOp, categoricalAccuracyOp } from '../ops/accuracy.js';
import { oneWorkgroup } from './launch.js';
import { kernels, naive } from './variant.js';

export const accuracy = [
  kernels(
    categoricalAccuracyOp,
    naive('categorical_accuracy', () => oneWorkgroup('correct')),
  ),
  kernels(
    binaryAccuracyOp,
    naive('binary_accuracy', () => oneWorkgroup('correct')),
  ),
];
