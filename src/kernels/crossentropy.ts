import type { Attrs } from '../engine/op.js';
import { binaryLogits, binaryProbs, categoricalLogits, categoricalProbs } from '../ops/crossentropy.js';
import { oneWorkgroup } from './launch.js';
import { elementwise, kernels, naive } from './variant.js';

const mean = (shader: string) => naive<'loss', Attrs>(shader, () => oneWorkgroup('loss'));

export const crossentropy = [
  kernels(binaryLogits.forward, mean('binary_crossentropy_logits_forward')),
  kernels(binaryLogits.backward, elementwise('binary_crossentropy_logits_backward', 'dLogits')),
  kernels(binaryProbs.forward, mean('binary_crossentropy_probs_forward')),
  kernels(binaryProbs.backward, elementwise('binary_crossentropy_probs_backward', 'dProbs')),
  kernels(categoricalLogits.forward, mean('categorical_crossentropy_logits_forward')),
  kernels(categoricalLogits.backward, elementwise('categorical_crossentropy_logits_backward', 'dLogits')),
  kernels(categoricalProbs.forward, mean('categorical_crossentropy_probs_forward')),
  kernels(categoricalProbs.backward, elementwise('categorical_crossentropy_probs_backward', 'dProbs')),
];
