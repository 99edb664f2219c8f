import type { ActivationRecord } from '../activations/record.js';
import type { FieldsRead } from '../json.js';
import { sameGradientTerms, sameTerms } from '../terms.js';
import type { LayerConfig, LayerRecord } from './layer.js';

/** What kinds of layers say that are nothing but a function. */
interface FunctionLayer<C extends LayerConfig> extends Pick<LayerRecord<C>, 'kind' | 'className' | 'keras' | 'describe'> {
  readonly config: FieldsRead<C>;
  activation(config: C): ActivationRecord;
}

/** The record of a kind of layer that is nothing but a function of its input. */
export const functionLayer = <C extends LayerConfig>(of: FunctionLayer<C>): LayerRecord<C> => ({
  ...of,
  outputShape: (_, input) => input,
  call: (_, input) => ({ output: input }),
  keepsPlaces: true,
  terms: { output: sameTerms, inputGradient: sameGradientTerms },
});
