import type { Tensor } from '../engine/tensor.js';
import { type LossRows, lossOps } from './loss.js';

export const binaryLogits = lossOps('binary_crossentropy_logits', 'logits');
export const binaryProbs = lossOps('binary_crossentropy_probs', 'probs');
export const categoricalLogits = lossOps('categorical_crossentropy_logits', 'logits');
export const categoricalProbs = lossOps('categorical_crossentropy_probs', 'probs');
export const sparseProbs = lossOps('sparse_categorical_crossentropy_probs', 'probs');

/** What a cross-entropy is computed from: [batch, units]. */
export type CrossentropyInput = { readonly logits: Tensor } | { readonly probs: Tensor };

/**
 * Binary cross-entropy, meaned over units and over the run's valid `rows`: [batch, units] and labels [batch, units] -> loss [1].
 * From logits it is what tf.keras (2.3 and later) computes after a softmax or sigmoid layer; from probabilities what it computes elsewhere,
 * with q = clip(p, 1e-7, 1 - 1e-7) and 1e-7 added inside the logarithms. After a softmax these are two different functions.
 * Source: tf.keras backend.binary_crossentropy
 */
export const binaryCrossentropy = (of: CrossentropyInput, labels: Tensor, rows: LossRows = {}): Tensor =>
  'logits' in of ? binaryLogits.apply(of.logits, labels, rows) : binaryProbs.apply(of.probs, labels, rows);

/**
 * Categorical cross-entropy, meaned over the run's valid `rows`: [batch, units] and one-hot labels [batch, units] -> loss [1].
 * From logits: log-softmax; from probabilities: these over their sum, clipped to [1e-7, 1 - 1e-7].
 * Source: tf.keras backend.categorical_crossentropy
 */
export const categoricalCrossentropy = (of: CrossentropyInput, labels: Tensor, rows: LossRows = {}): Tensor =>
  'logits' in of ? categoricalLogits.apply(of.logits, labels, rows) : categoricalProbs.apply(of.probs, labels, rows);

/**
 * What tf.keras computes of class numbers, here one-hot labels. From logits it is the categorical one; from probabilities these are clipped first, and
 * then divided by their sum. Source: tf.keras backend.sparse_categorical_crossentropy
 */
export const sparseCategoricalCrossentropy = (of: CrossentropyInput, labels: Tensor, rows: LossRows = {}): Tensor =>
  'logits' in of ? categoricalLogits.apply(of.logits, labels, rows) : sparseProbs.apply(of.probs, labels, rows);
