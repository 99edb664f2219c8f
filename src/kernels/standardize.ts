import { featurewiseOp, imageMomentsOp, samplewiseOp } from '../ops/standardize.js';
import { workgroupEach } from './launch.js';
import { elementwise, kernels, naive } from './variant.js';

export const standardize = [
  kernels(
    imageMomentsOp,
    naive('image_moments', ({ batch }) => workgroupEach(batch, { moments: element => Math.floor(element / 2) })),
  ),
  kernels(samplewiseOp, elementwise('samplewise', 'output')),
  kernels(featurewiseOp, elementwise('featurewise', 'output')),
];
