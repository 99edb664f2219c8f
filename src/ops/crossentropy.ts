import { defineOp, type Scalar } from '../engine/op.js';
import { checkRank, formatShape, sameShape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Rows = { readonly batch: number; readonly units: number; readonly firstRow: number; readonly rows: Scalar };

/** Each of the four functions: a mean over the valid rows, and its gradient with respect to what it is computed from. */
function crossentropy<const F extends string, const B extends string, const I extends 'logits' | 'probs'>(
  name: F,
  backwardName: B,
  from: I,
) {
  const dFrom = from === 'logits' ? 'dLogits' : 'dProbs';
  const backward = defineOp<Rows>()({
    name: backwardName,
    inputs: [from, 'labels'],
    outputs: [dFrom],
    shapes: ({ batch, units }) => ({ dLogits: { shape: [batch, units] }, dProbs: { shape: [batch, units] } }),
    cost: ({ batch, units }) => ({ flops: 8 * batch * units, bytes: 12 * batch * units }),
  });
  const forward = defineOp<Rows>()({
    name,
    inputs: [from, 'labels'],
    outputs: ['loss'],
    shapes: () => ({ loss: { shape: [1] } }),
    cost: ({ batch, units }) => ({ flops: 8 * batch * units, bytes: 8 * batch * units }),
    gradient: ({ inputs, dOutputs, attrs }) => {
      if (dOutputs.loss) throw new Error(`${name}: a loss must be what is differentiated, not an input of another op`);
      const gradient = inputs.labels.graph.add(backward, inputs, attrs)[dFrom];
      return { [from]: gradient } as Partial<Record<I | 'labels', Tensor>>;
    },
  });
  return { forward, backward };
}

export const binaryLogits = crossentropy('binary_crossentropy_logits_forward', 'binary_crossentropy_logits_backward', 'logits');
export const binaryProbs = crossentropy('binary_crossentropy_probs_forward', 'binary_crossentropy_probs_backward', 'probs');
export const categoricalLogits = crossentropy(
  'categorical_crossentropy_logits_forward',
  'categorical_crossentropy_logits_backward',
  'logits',
);
export const categoricalProbs = crossentropy('categorical_crossentropy_probs_forward', 'categorical_crossentropy_probs_backward', 'probs');

const rows: Scalar = { scalar: 'rows' };

/** What a cross-entropy is computed from: [batch, units]. */
export type CrossentropyInput = { readonly logits: Tensor } | { readonly probs: Tensor };

function check(op: string, from: Tensor, labels: Tensor, firstRow: number): Rows {
  checkRank(op, 'output', from.shape, 2);
  if (!sameShape(from.shape, labels.shape)) {
    throw new Error(`${op}: labels ${formatShape(labels.shape)} do not fit the model's output ${formatShape(from.shape)}`);
  }
  const [batch, units] = from.shape as [number, number];
  return { batch, units, firstRow, rows };
}

/**
 * Binary cross-entropy, meaned over units and over the run's valid `rows`: [batch, units] and labels [batch, units] -> loss [1].
 * Of a part of a batch, which begins at its row `firstRow`, it is that part's share of the mean: the shares add up to it.
 * From logits it is what tf.keras (2.3 and later) computes after a softmax or sigmoid layer; from probabilities what it computes elsewhere,
 * with q = clip(p, 1e-7, 1 - 1e-7) and 1e-7 added inside the logarithms. After a softmax these are two different functions.
 * Source: tf.keras backend.binary_crossentropy
 */
export function binaryCrossentropy(of: CrossentropyInput, labels: Tensor, firstRow = 0): Tensor {
  if ('logits' in of)
    return labels.graph.add(binaryLogits.forward, { ...of, labels }, check('binary_crossentropy', of.logits, labels, firstRow)).loss;
  return labels.graph.add(binaryProbs.forward, { ...of, labels }, check('binary_crossentropy', of.probs, labels, firstRow)).loss;
}

/**
 * Categorical cross-entropy, meaned over the run's valid `rows`: [batch, units] and one-hot labels [batch, units] -> loss [1].
 * Of a part of a batch, which begins at its row `firstRow`, it is that part's share of the mean: the shares add up to it.
 * From logits: log-softmax; from probabilities: these over their sum, clipped to [1e-7, 1 - 1e-7].
 * Source: tf.keras backend.categorical_crossentropy
 */
export function categoricalCrossentropy(of: CrossentropyInput, labels: Tensor, firstRow = 0): Tensor {
  if ('logits' in of) {
    return labels.graph.add(categoricalLogits.forward, { ...of, labels }, check('categorical_crossentropy', of.logits, labels, firstRow))
      .loss;
  }
  return labels.graph.add(categoricalProbs.forward, { ...of, labels }, check('categorical_crossentropy', of.probs, labels, firstRow)).loss;
}
