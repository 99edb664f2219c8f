import { ACTIVATION_NAMES, type Activation } from '../activations.js';
import { fields } from '../json.js';
import { sameGradientTerms, sameTerms } from '../terms.js';
import { checkChoice, Layer, type LayerOptions, type LayerRecord, readActivation } from './layer.js';

interface Config {
  readonly activation: Activation;
}

export const activationRecord: LayerRecord<Config> = {
  kind: 'activation',
  className: 'Activation',
  config: fields<Config>({ activation: readActivation }),
  outputShape: (_, input) => input,
  call: (_, input) => ({ output: input }),
  keepsPlaces: true,
  describe: ({ activation }) => activation,
  terms: { output: sameTerms, inputGradient: sameGradientTerms },
};

/** An activation function as a layer of its own. */
export function activation(name: Activation, options: LayerOptions = {}): Layer {
  checkChoice('activation', 'activation', name, ACTIVATION_NAMES);
  return Layer.of(activationRecord, { activation: name }, options);
}
