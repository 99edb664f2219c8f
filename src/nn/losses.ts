import type { Tensor } from '../engine/tensor.js';
import { binaryCrossentropy, type CrossentropyInput, categoricalCrossentropy } from '../ops/crossentropy.js';
import { ACTIVATION_NAMES, ACTIVATIONS } from './activations.js';
import type { ActivatedResult } from './layers/layer.js';
import { constant, type Factor, makeTerms, type Numbers, type Term, type Terms, term } from './terms.js';

/** Keras' epsilon, and 1 - epsilon as float32 has it. */
const EPSILON = Math.fround(1e-7);
const ONE_LESS = Math.fround(1 - 1e-7);

const clip = (p: number): number => Math.min(Math.max(p, EPSILON), ONE_LESS);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** log of Σ exp(z), with the largest taken out so that nothing overflows. */
function logSumExp(values: readonly number[]): number {
  const highest = Math.max(...values);
  return highest + Math.log(sumOf(values.map(z => Math.exp(z - highest))));
}

/** Numbers of a picture that its loss is computed from, and its labels. */
interface Row {
  readonly values: readonly number[];
  readonly labels: readonly number[];
}

/** One of the numbers that a loss is computed from: its row, its unit, where it and its label lie, and how many pictures the loss is the mean over. */
interface Differentiated extends Row {
  readonly u: number;
  readonly input: Factor;
  readonly label: Factor;
  readonly rows: number;
}

/** A loss as it is computed from logits, or from probabilities. */
interface LossForm {
  readonly formula: string;
  /** What each unit adds to a picture's loss, in float64. */
  unitLosses(row: Row): number[];
  readonly gradientFormula: string;
  gradientTerms(of: Differentiated): Term[];
}

/** A loss: the mean over pictures of what `trace` records. Formulas: src/ops/crossentropy.ts. */
interface LossRecord {
  trace(input: CrossentropyInput, labels: Tensor, firstRow: number): Tensor;
  /** Whether a picture's loss is the mean of what its units add, not the sum. */
  readonly isMean: boolean;
  readonly logits: LossForm;
  readonly probs: LossForm;
}

const binary: LossRecord = {
  trace: binaryCrossentropy,
  isMean: true,
  logits: {
    formula: 'mean of max(z, 0) − z · y + log(1 + exp(−|z|))',
    unitLosses: ({ values, labels }) => values.map((z, u) => Math.max(z, 0) - z * labels[u]! + Math.log1p(Math.exp(-Math.abs(z)))),
    gradientFormula: 'dLogits[u] = (sigmoid(z[u]) − y[u]) / units / pictures',
    gradientTerms({ values, input, label, rows }) {
      const scale = 1 / values.length / rows;
      return [term('sigmoid(z)', { ...input, value: sigmoid(input.value) }, constant(scale)), term('− label', label, constant(-scale))];
    },
  },
  probs: {
    formula: 'mean of −(y · log(p + ε) + (1 − y) · log(1 − p + ε))',
    unitLosses: ({ values, labels }) =>
      values.map((p, u) => {
        const [y, q] = [labels[u]!, clip(p)];
        return -(y * Math.log(q + EPSILON) + (1 - y) * Math.log(1 - q + EPSILON));
      }),
    gradientFormula: 'dProbs[u] = ((1 − y) / (1 − p + ε) − y / (p + ε)) / units / pictures',
    gradientTerms({ values, input: { value: p }, label, rows }) {
      const scale = p === clip(p) ? 1 / values.length / rows : 0;
      return [
        term('no: 1 − label', constant(1 - label.value), constant(scale / (1 - p + EPSILON))),
        term('yes: label', label, constant(-scale / (p + EPSILON))),
      ];
    },
  },
};

const categorical: LossRecord = {
  trace: categoricalCrossentropy,
  isMean: false,
  logits: {
    formula: 'mean over pictures of −Σ y · log(softmax(z))',
    unitLosses({ values, labels }) {
      const logSum = logSumExp(values);
      return values.map((z, u) => labels[u]! * (logSum - z));
    },
    gradientFormula: 'dLogits[u] = (softmax(z)[u] · Σ y − y[u]) / pictures',
    gradientTerms({ values, labels, input, label, rows }) {
      const share = Math.exp(input.value - logSumExp(values));
      return [term('softmax(z)', { ...input, value: share }, constant(sumOf(labels) / rows)), term('− label', label, constant(-1 / rows))];
    },
  },
  probs: {
    formula: 'mean over pictures of −Σ y · log(p / Σ p)',
    unitLosses({ values, labels }) {
      const total = sumOf(values);
      return values.map((p, u) => -labels[u]! * Math.log(clip(p / total)));
    },
    gradientFormula: 'dProbs[u] = (Σ over v of −y[v] / q[v] · (1 if u = v − q[v])) / Σ p / pictures',
    gradientTerms({ values, labels, u, rows }) {
      const total = sumOf(values);
      return values.map((p, v) => {
        const q = p / total;
        const slope = q === clip(q) ? -labels[v]! / q : 0;
        return term(`unit ${v}`, constant(slope), constant(((u === v ? 1 : 0) - q) / total / rows));
      });
    },
  },
};

const RECORDS = { binaryCrossentropy: binary, categoricalCrossentropy: categorical } satisfies Record<string, LossRecord>;

export type LossName = keyof typeof RECORDS;

const LOSSES: Readonly<Record<LossName, LossRecord>> = RECORDS;

export const LOSS_NAMES = Object.keys(LOSSES) as LossName[];

/**
 * A loss: its name, or what it is computed from as well. 'logits' (the default where the last layer is a softmax or sigmoid) is what tf.keras 2.3
 * and later computes, 'probs' what other versions do; after a softmax these are two functions.
 */
export type Loss = LossName | ResolvedLoss;

export interface ResolvedLoss {
  readonly name: LossName;
  readonly from: 'logits' | 'probs';
}

/** What a loss means for a model whose last layer gives logits or not; refuses what can't be computed. */
export function resolveLoss(loss: Loss, hasLogits: boolean): ResolvedLoss {
  const { name, from } = typeof loss === 'string' ? ({ name: loss, from: hasLogits ? 'logits' : 'probs' } as const) : loss;
  if (!Object.hasOwn(LOSSES, name)) throw new Error(`compile: loss '${name}' is not supported; wanted ${LOSS_NAMES.join(' or ')}`);
  if (from !== 'logits' && from !== 'probs') throw new Error(`compile: loss from '${from}' is not supported; wanted 'logits' or 'probs'`);
  if (from === 'logits' && !hasLogits) {
    const wanted = ACTIVATION_NAMES.filter(each => ACTIVATIONS[each].hasLogits).map(each => `'${each}'`);
    throw new Error(`compile: ${name} from logits needs a last layer with activation ${wanted.join(' or ')}`);
  }
  return { name, from };
}

/** The share that rows from the batch's row `firstRow` on have in its loss [1]. */
export function traceLoss(
  { name, from }: ResolvedLoss,
  { output, preActivation }: ActivatedResult,
  labels: Tensor,
  firstRow: number,
): Tensor {
  return LOSSES[name].trace(from === 'logits' ? { logits: preActivation! } : { probs: output }, labels, firstRow);
}

/** A picture's loss from its logits or probabilities, whichever the loss is computed from, in float64. */
export function pictureLoss({ name, from }: ResolvedLoss, values: readonly number[], labels: readonly number[]): number {
  const losses = sumOf(LOSSES[name][from].unitLosses({ values, labels }));
  return LOSSES[name].isMean ? losses / values.length : losses;
}

/** Which tensor of an inspection the loss is computed from. */
export const lossInput = ({ from }: ResolvedLoss): 'logits' | 'probabilities' => (from === 'logits' ? 'logits' : 'probabilities');

/** An inspected step's numbers, and the loss that it had. */
type WithLoss = Numbers & { readonly loss: ResolvedLoss };

function rowOf({ tensors, loss }: WithLoss, n: number): Row {
  const { data, shape } = tensors[lossInput(loss)]!;
  const units = shape[1]!;
  const part = (of: Float32Array | Uint32Array): number[] => [...of.subarray(n * units, (n + 1) * units)];
  return { values: part(data), labels: part(tensors.labels!.data) };
}

/** How the loss came about: the share of each picture and unit. */
export function lossTerms(step: WithLoss): Terms {
  const { loss, rows } = step;
  const { isMean, [loss.from]: form } = LOSSES[loss.name];
  const terms: Term[] = [];
  for (let n = 0; n < rows; n++) {
    const row = rowOf(step, n);
    const share = constant(1 / rows / (isMean ? row.values.length : 1));
    form.unitLosses(row).forEach((value, u) => {
      const at = { tensor: lossInput(loss), index: n * row.values.length + u };
      terms.push(term(`${rows > 1 ? `picture ${n}, ` : ''}unit ${u}, label ${row.labels[u]}`, { value, at }, share));
    });
  }
  return makeTerms(step, { tensor: 'loss', index: 0 }, terms, { formula: form.formula });
}

/** How the loss' gradient arrives at a number that it is computed from. */
export function lossGradientTerms(step: WithLoss, tensor: string, index: number): Terms {
  const { loss, rows } = step;
  const form = LOSSES[loss.name][loss.from];
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
  return makeTerms(step, place, form.gradientTerms({ values, labels, u, input, label, rows }), {
    formula: form.gradientFormula,
    note: loss.from === 'logits' ? 'The gradient starts at the logits: the last activation and the loss are differentiated as one.' : '',
  });
}
