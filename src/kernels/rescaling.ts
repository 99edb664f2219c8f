import { rescalingOp } from '../ops/rescaling.js';
import { elementwise, kernels } from './variant.js';

export const rescaling = [kernels(rescalingOp, elementwise('rescaling', 'output'))];
