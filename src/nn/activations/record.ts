import type { Tensor } from '../../engine/tensor.js';
import { type Combine, type Factor, factor, type LayerNumbers, makeTerms, type Place, type Term, type Terms, term } from '../terms.js';

/** Keras' two families of files: 2 is Keras 2 and tf.keras, 3 is Keras 3. */
export type KerasVersion = 2 | 3;

/** An activation function: what a layer makes of what it computed. */
export interface ActivationRecord {
  apply(input: Tensor): Tensor;
  /** Whether it makes probabilities, so that a loss may be computed from the logits before it. */
  readonly hasLogits?: true;
  /** Whether a unit whose output is 0 for every picture gets no gradient, and so stays as it is. */
  readonly mayDie?: true;
  /** How it is called in Keras' files, the name that is written first, where that is not our name for it; none where that Keras has no such function. */
  readonly kerasNames?: Readonly<Record<KerasVersion, readonly string[]>>;
  /** How a number of the layer's output was computed from what the function was computed from, `layer.linear`. */
  terms(layer: LayerNumbers, place: Place): Terms;
  /** How the gradient of a number of `layer.linear` was computed from the output's. */
  gradientTerms(layer: LayerNumbers, place: Place): Terms;
}

/** A function of one number, as its terms need it: all in float64. */
export interface OneNumber {
  readonly formula: string;
  /** What makes the output of an input. */
  terms(input: Factor): readonly Term[];
  readonly gradientFormula: string;
  /** The slope, by what it is computed from. */
  slope(x: number): number;
  readonly slopeFrom: 'input' | 'output';
  readonly combine?: Combine;
  readonly note?: string;
}

/** How the numbers of a function of one number are computed. */
export function termsOf(of: OneNumber): Pick<ActivationRecord, 'terms' | 'gradientTerms'> {
  return {
    terms(layer, place) {
      const input = factor(layer, layer.linear, place.index);
      return makeTerms(layer, place, of.terms(input), of);
    },
    gradientTerms(layer, place) {
      const { value, at } = factor(layer, of.slopeFrom === 'input' ? layer.linear : layer.output, place.index);
      const slope = { value: of.slope(value), at: at! };
      const terms = [term('output', factor(layer, `${layer.output}/gradient`, place.index), slope)];
      return makeTerms(layer, place, terms, { formula: of.gradientFormula });
    },
  };
}

/** A number that was computed from a factor, and is shown where that lies. */
export const computed = ({ at }: Factor, value: number): Factor => ({ value, ...(at && { at }) });
