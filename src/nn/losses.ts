import type { Tensor } from '../engine/tensor.js';
import { binaryAccuracy, categoricalAccuracy } from '../ops/accuracy.js';
import { binaryCrossentropy, categoricalCrossentropy } from '../ops/crossentropy.js';
import type { CallResult } from './layers.js';

export type LossName = 'binaryCrossentropy' | 'categoricalCrossentropy';

/**
 * A loss: its name, or what it is computed from as well. 'logits' (the default where the last layer is a softmax or sigmoid) is what tf.keras 2.3
 * and later computes, 'probs' what other versions do; after a softmax these are two functions.
 */
export type Loss = LossName | { readonly name: LossName; readonly from: 'logits' | 'probs' };

export interface ResolvedLoss {
  readonly name: LossName;
  readonly from: 'logits' | 'probs';
}

const OPS = { binaryCrossentropy, categoricalCrossentropy };

/** What a loss means for a model whose last layer gives logits or not; refuses what can't be computed. */
export function resolveLoss(loss: Loss, hasLogits: boolean): ResolvedLoss {
  const { name, from } = typeof loss === 'string' ? { name: loss, from: hasLogits ? 'logits' : 'probs' } : loss;
  if (!Object.hasOwn(OPS, name)) throw new Error(`compile: loss '${name}' is not supported; wanted ${Object.keys(OPS).join(' or ')}`);
  if (from !== 'logits' && from !== 'probs') throw new Error(`compile: loss from '${from}' is not supported; wanted 'logits' or 'probs'`);
  if (from === 'logits' && !hasLogits) {
    throw new Error(`compile: ${name} from logits needs a last layer with activation 'softmax' or 'sigmoid'`);
  }
  return { name, from } as ResolvedLoss;
}

/** The share that rows from the batch's row `firstRow` on have in its loss [1]. */
export function traceLoss({ name, from }: ResolvedLoss, { output, logits }: CallResult, labels: Tensor, firstRow: number): Tensor {
  return from === 'logits' ? OPS[name]({ logits: logits! }, labels, firstRow) : OPS[name]({ probs: output }, labels, firstRow);
}

/** 'acc' means categorical accuracy where the model has several outputs, binary accuracy where it has one, as in tf.keras. */
export type Metric = 'acc' | 'accuracy';

export function checkMetrics(metrics: readonly string[]): readonly Metric[] {
  for (const metric of metrics) {
    if (metric !== 'acc' && metric !== 'accuracy')
      throw new Error(`compile: metric '${metric}' is not supported; wanted 'acc' or 'accuracy'`);
  }
  if (metrics.length > 1) throw new Error(`compile: metrics ${metrics.join(', ')} are one; give it once`);
  return metrics as readonly Metric[];
}

/** The count of correct rows [1]. */
export function traceCorrect(output: Tensor, labels: Tensor, firstRow: number): Tensor {
  return output.shape[1] === 1 ? binaryAccuracy(output, labels, firstRow) : categoricalAccuracy(output, labels, firstRow);
}
