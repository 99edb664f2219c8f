import { binaryLogits, binaryProbs, categoricalLogits, categoricalProbs, sparseProbs } from '../ops/crossentropy.js';
import { lossKernels } from './loss.js';

export const crossentropy = [
  ...lossKernels(binaryLogits),
  ...lossKernels(binaryProbs),
  ...lossKernels(categoricalLogits),
  ...lossKernels(categoricalProbs),
  ...lossKernels(sparseProbs),
];
