import { pictureLoss, type ResolvedLoss } from '../nn/losses.js';
import type { Collected } from './collect.js';

/** How a model did on one picture. Classes by index; a model of a single output has two, told apart at 0.5. */
export interface Judgement {
  /** Of the picture, in its source. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly confidence: number;
  readonly loss: number;
}

/** Index of the largest number, the first of equals. */
export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The class that a row of a model's output says, and how likely it is said to be. */
export function prediction(output: ArrayLike<number>, loss: ResolvedLoss): { readonly predicted: number; readonly confidence: number } {
  const shares = byClass(output, loss);
  const predicted = indexOfLargest(shares);
  return { predicted, confidence: shares[predicted]! };
}

/**
 * The probability of each class by a row of a model's output: of a single output, which is that of the second class, those of both. Where the output is the
 * logits itself, as the loss says, they are made of it.
 */
export function byClass(output: ArrayLike<number>, loss: ResolvedLoss): readonly number[] {
  const shares = loss.fromLogits ? fromLogits(Array.from(output), loss) : Array.from(output);
  return shares.length === 1 ? [1 - shares[0]!, shares[0]!] : shares;
}

function fromLogits(logits: readonly number[], { name }: ResolvedLoss): number[] {
  if (logits.length === 1 || name === 'binaryCrossentropy') return logits.map(z => 1 / (1 + Math.exp(-z)));
  const largest = Math.max(...logits);
  const powers = logits.map(z => Math.exp(z - largest));
  const total = powers.reduce((sum, each) => sum + each, 0);
  return powers.map(each => each / total);
}

/** How a model did on each picture, with the loss that it was trained for. Throws where there are no labels. */
export function judge(loss: ResolvedLoss, { samples, probabilities, logits, labels }: Collected): Judgement[] {
  if (labels.length !== probabilities.length) throw new Error('judge: the pictures have no labels to judge by');
  const units = probabilities.length / samples;
  const row = (of: Float32Array, index: number): number[] => [...of.subarray(index * units, (index + 1) * units)];
  return Array.from({ length: samples }, (_, index) => {
    const wanted = row(labels, index);
    return {
      index,
      label: units === 1 ? Math.round(wanted[0]!) : indexOfLargest(wanted),
      ...prediction(row(probabilities, index), loss),
      loss: pictureLoss(loss, row(loss.from === 'logits' ? logits : probabilities, index), wanted),
    };
  });
}

/** Mean loss and accuracy over pictures. */
export function scores(judgements: readonly Judgement[]): { readonly loss: number; readonly acc: number } {
  const right = judgements.filter(({ label, predicted }) => label === predicted).length;
  return { loss: judgements.reduce((sum, { loss }) => sum + loss, 0) / judgements.length, acc: right / judgements.length };
}

/** Pictures by true class and predicted class, [label][predicted], the most confident first. */
export function confusionGallery(judgements: readonly Judgement[], classes: number): Judgement[][][] {
  const cells: Judgement[][][] = Array.from({ length: classes }, () => Array.from({ length: classes }, () => []));
  for (const each of judgements) cells[each.label]![each.predicted]!.push(each);
  for (const cell of cells.flat()) cell.sort((a, b) => b.confidence - a.confidence || b.loss - a.loss);
  return cells;
}

/** The pictures with the largest losses, the worst first. */
export function topLosses(judgements: readonly Judgement[], count: number): Judgement[] {
  return [...judgements].sort((a, b) => b.loss - a.loss).slice(0, count);
}
