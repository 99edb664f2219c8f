import { lossOps } from './loss.js';

/** The mean over units and the run's valid `rows` of (output - label)². */
export const squaredError = lossOps('mean_squared_error', 'output');

/** The mean over units and the run's valid `rows` of |output - label|; where they are equal, the gradient is 0. */
export const absoluteError = lossOps('mean_absolute_error', 'output');
