import { adamRecord, adamWRecord } from './optimizers/adam.js';
import type { OptimizerName, OptimizerRecord } from './optimizers/optimizer.js';
import { rmspropRecord } from './optimizers/rmsprop.js';
import { sgdRecord } from './optimizers/sgd.js';

export { type AdamConfig, adam, adamW } from './optimizers/adam.js';
export { type FaultPlace, Optimizer, type OptimizerConfig, type OptimizerName, type OptimizerRecord } from './optimizers/optimizer.js';
export { type RmspropConfig, rmsprop } from './optimizers/rmsprop.js';
export { type SgdConfig, sgd } from './optimizers/sgd.js';

/** All that is known of a kind of optimizer, by its name. */
export const OPTIMIZERS: Readonly<Record<OptimizerName, OptimizerRecord>> = {
  adam: adamRecord as OptimizerRecord,
  adamw: adamWRecord as OptimizerRecord,
  rmsprop: rmspropRecord as OptimizerRecord,
  sgd: sgdRecord as OptimizerRecord,
};

export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as OptimizerName[];
