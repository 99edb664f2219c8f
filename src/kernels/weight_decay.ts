import { weightDecayOp } from '../ops/weight_decay.js';
import { elementwise, kernels } from './variant.js';

export const weightDecay = [kernels(weightDecayOp, elementwise('weight_decay', 'parameter'))];
