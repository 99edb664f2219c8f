import { eluOf } from '../activations/rectified.js';
import { defaulted, fields, number } from '../json.js';
import { functionLayer } from './function_layer.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

interface Config extends LayerConfig {
  readonly alpha: number;
}

const readConfig = fields({ alpha: defaulted(number(0), 1) });

export const eluRecord = functionLayer<Config>({
  kind: 'elu',
  className: 'ELU',
  config: readConfig,
  activation: ({ alpha }) => eluOf(alpha),
  describe: ({ alpha }) => `what is positive; below, ${alpha === 1 ? '' : `${alpha} · `}(exp − 1)`,
});

/** input where input > 0, else alpha * (exp(input) - 1), element by element. Default 1. */
export function elu(options: LayerOptions & Partial<Config> = {}): Layer {
  const { alpha } = options;
  return Layer.of<Config>(eluRecord, readConfig({ alpha }, 'elu'), options);
}
