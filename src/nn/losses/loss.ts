import type { LossFrom, LossOps } from '../../ops/loss.js';
import type { Factor, Term } from '../terms.js';

/** Numbers of a picture that its loss is computed from, and its labels. */
export interface Row {
  readonly values: readonly number[];
  readonly labels: readonly number[];
}

/** One of the numbers that a loss is computed from: its row, its unit, where it and its label lie, and the share of the loss that its picture has. */
export interface Differentiated extends Row {
  readonly u: number;
  readonly input: Factor;
  readonly label: Factor;
  /** The picture's weight over the number of pictures. */
  readonly share: number;
}

/** A loss as it is computed from logits, from probabilities, or from whatever the model gives. */
export interface LossForm {
  readonly trace: LossOps['apply'];
  readonly formula: string;
  /** What each unit adds to a picture's loss, in float64. */
  unitLosses(row: Row): number[];
  readonly gradientFormula: string;
  gradientTerms(of: Differentiated): Term[];
}

/** A loss: the mean over pictures of what its form records. Formulas: src/ops/crossentropy.ts, src/ops/regression.ts. */
export interface LossRecord {
  /** Whether a picture's loss is the mean of what its units add, not the sum. */
  readonly isMean: boolean;
  /** Logits and probs, or output. */
  readonly forms: { readonly [F in LossFrom]?: LossForm };
  /** Whether labels may be class numbers where the model has several outputs. */
  readonly takesClasses?: true;
  /** Of how many classes smoothed labels are, where the loss smooths them. */
  classes?(units: number): number;
}

export const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
