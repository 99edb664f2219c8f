import type { Tensor } from '../engine/tensor.js';
import { type LossFrom, type LossRows, smoothLabels } from '../ops/loss.js';
import { ACTIVATION_NAMES, ACTIVATIONS } from './activations.js';
import { shown } from './json.js';
import type { ActivatedResult } from './layers/layer.js';
import { binary, categorical, sparse } from './losses/crossentropy.js';
import { type LossForm, type LossRecord, type Row, sumOf } from './losses/loss.js';
import { meanAbsoluteError, meanSquaredError } from './losses/regression.js';
import { constant, makeTerms, type Numbers, type Term, type Terms, term } from './terms.js';

const RECORDS = {
  binaryCrossentropy: binary,
  categoricalCrossentropy: categorical,
  sparseCategoricalCrossentropy: sparse,
  meanSquaredError,
  meanAbsoluteError,
} satisfies Record<string, LossRecord>;

export type LossName = keyof typeof RECORDS;

/** All that is known of a loss, by its name. */
export const LOSSES: Readonly<Record<LossName, LossRecord>> = RECORDS;

export const LOSS_NAMES = Object.keys(LOSSES) as LossName[];

/**
 * A loss: its name, or what it is computed from as well. 'logits' (a cross-entropy's default where the last layer is a softmax or sigmoid) is what
 * tf.keras 2.3 and later computes, 'probs' what other versions do; after a softmax these are two functions. A last layer without an activation may give
 * the logits itself: Keras' from_logits. The mean errors are computed from the
 * output, whatever the last layer is.
 */
export type Loss = LossName | LossOptions;

export interface LossOptions {
  readonly name: LossName;
  readonly from?: LossFrom;
  /** Share of each label, of a cross-entropy but the sparse one, that is spread over all classes. Default 0. */
  readonly labelSmoothing?: number | undefined;
}

export interface ResolvedLoss extends LossOptions {
  readonly from: LossFrom;
  /** Where the model's output itself is the logits: Keras' from_logits. */
  readonly fromLogits?: boolean | undefined;
}

/** What a loss means for a model by its last layer's activation, undefined where it has none; refuses what can't be computed. */
export function resolveLoss(loss: Loss, last: { readonly hasLogits?: true } | undefined): ResolvedLoss {
  if (typeof loss !== 'string' && (typeof loss !== 'object' || loss === null)) {
    throw new Error(`compile: the loss is ${shown(loss)}, wanted ${LOSS_NAMES.join(' or ')}`);
  }
  const { name, from: given, labelSmoothing }: LossOptions = typeof loss === 'string' ? { name: loss } : loss;
  if (!Object.hasOwn(LOSSES, name)) throw new Error(`compile: loss '${name}' is not supported; wanted ${LOSS_NAMES.join(' or ')}`);
  const forms = Object.keys(LOSSES[name].forms) as LossFrom[];
  const from = given ?? (forms.length === 1 ? forms[0]! : last?.hasLogits ? 'logits' : 'probs');
  if (!forms.includes(from)) {
    throw new Error(`compile: ${name} from '${from}' is not supported; wanted ${forms.map(each => `'${each}'`).join(' or ')}`);
  }
  if (from === 'logits' && last && !last.hasLogits) {
    const wanted = ACTIVATION_NAMES.filter(each => ACTIVATIONS[each].hasLogits).map(each => `'${each}'`);
    throw new Error(`compile: ${name} from logits needs a last layer with activation ${wanted.join(' or ')}, or with none`);
  }
  const isShare = labelSmoothing === undefined || (typeof labelSmoothing === 'number' && labelSmoothing >= 0 && labelSmoothing <= 1);
  if (!isShare) throw new Error(`compile: labelSmoothing of ${name} is ${shown(labelSmoothing)}, wanted a number from 0 to 1`);
  const resolved: ResolvedLoss = { name, from, ...(from === 'logits' && !last && { fromLogits: true }) };
  if (!labelSmoothing) return resolved;
  if (!LOSSES[name].classes) throw new Error(`compile: ${name} has no labelSmoothing`);
  return { ...resolved, labelSmoothing };
}

const formOf = ({ name, from }: ResolvedLoss): LossForm => LOSSES[name].forms[from]!;

/** The share that rows from the batch's row `firstRow` on have in its loss [1]. */
export function traceLoss(loss: ResolvedLoss, { output, preActivation }: ActivatedResult, labels: Tensor, rows: LossRows): Tensor {
  const { name, from, labelSmoothing } = loss;
  const classes = LOSSES[name].classes?.(output.shape[1]!);
  const wanted = labelSmoothing && classes ? smoothLabels(labels, labelSmoothing, classes) : labels;
  return formOf(loss).trace(from === 'logits' ? (preActivation ?? output) : output, wanted, rows);
}

/** Labels as the loss takes them. */
function smoothed({ name, labelSmoothing = 0 }: ResolvedLoss, labels: readonly number[]): readonly number[] {
  const classes = LOSSES[name].classes?.(labels.length);
  return labelSmoothing && classes ? labels.map(y => y * (1 - labelSmoothing) + labelSmoothing / classes) : labels;
}

/** A picture's loss from its logits or output, whichever the loss is computed from, in float64. */
export function pictureLoss(loss: ResolvedLoss, values: readonly number[], labels: readonly number[]): number {
  const losses = sumOf(formOf(loss).unitLosses({ values, labels: smoothed(loss, labels) }));
  return LOSSES[loss.name].isMean ? losses / values.length : losses;
}

/** Which tensor of an inspection the loss is computed from. */
export const lossInput = ({ from }: ResolvedLoss): 'logits' | 'probabilities' => (from === 'logits' ? 'logits' : 'probabilities');

/** An inspected step's numbers, and the loss that it had. */
type WithLoss = Numbers & { readonly loss: ResolvedLoss };

function rowOf({ tensors, loss }: WithLoss, n: number): Row {
  const { data, shape } = tensors[lossInput(loss)]!;
  const units = shape[1]!;
  const part = (of: Float32Array | Uint32Array): number[] => [...of.subarray(n * units, (n + 1) * units)];
  return { values: part(data), labels: smoothed(loss, part(tensors.labels!.data)) };
}

/** The share of the loss that a picture has: its weight over the number of pictures. */
const shareOf = ({ tensors, rows }: WithLoss, n: number): number => (tensors.sample_weights?.data[n] ?? 1) / rows;

/** How the loss was computed: the share of each picture and unit. */
export function lossTerms(step: WithLoss): Terms {
  const { loss, rows } = step;
  const { isMean } = LOSSES[loss.name];
  const form = formOf(loss);
  const terms: Term[] = [];
  for (let n = 0; n < rows; n++) {
    const row = rowOf(step, n);
    const share = constant(shareOf(step, n) / (isMean ? row.values.length : 1));
    form.unitLosses(row).forEach((value, u) => {
      const at = { tensor: lossInput(loss), index: n * row.values.length + u };
      terms.push(term(`${rows > 1 ? `picture ${n}, ` : ''}unit ${u}, label ${row.labels[u]}`, { value, at }, share));
    });
  }
  const note = step.tensors.sample_weights ? 'Each picture counts by its weight.' : '';
  return makeTerms(step, { tensor: 'loss', index: 0 }, terms, { formula: form.formula, note });
}

/** How the loss' gradient arrives at a number that it is computed from. */
export function lossGradientTerms(step: WithLoss, tensor: string, index: number): Terms {
  const { loss, rows } = step;
  const form = formOf(loss);
  const place = { tensor: `${tensor}/gradient`, index };
  const n = Math.floor(index / step.tensors.labels!.shape[1]!);
  if (n >= rows) {
    const note = 'A row beyond the pictures of this batch: it counts for nothing.';
    return makeTerms(step, place, [], { formula: form.gradientFormula, note });
  }
  const { values, labels } = rowOf(step, n);
  const u = index % values.length;
  const input = { value: values[u]!, at: { tensor: lossInput(loss), index } };
  const label = { value: labels[u]!, at: { tensor: 'labels', index } };
  return makeTerms(step, place, form.gradientTerms({ values, labels, u, input, label, share: shareOf(step, n) }), {
    formula: form.gradientFormula,
    note: loss.from === 'logits' ? 'The gradient starts at the logits: the last activation and the loss are differentiated as one.' : '',
  });
}
