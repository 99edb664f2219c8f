import { formatShape, type Shape, sizeOf } from '../../engine/shape.js';
import { fields, list, whole } from '../json.js';
import { sameGradientTerms, sameTerms } from '../terms.js';
import { Layer, type LayerConfig, type LayerOptions, type LayerRecord } from './layer.js';

interface Config extends LayerConfig {
  readonly targetShape: Shape;
}

/** An axis of this length takes what the others leave. */
const OPEN = -1;

const readConfig = fields({ targetShape: list(whole(OPEN, 2 ** 31 - 1)) });

/** The shape that is meant, for an input without the batch axis. Throws where its numbers don't fill it. */
function shapeFor({ targetShape }: Config, input: Shape): Shape {
  const open = targetShape.filter(length => length === OPEN).length;
  const rest = sizeOf(input) / sizeOf(targetShape.filter(length => length !== OPEN));
  if (open > 1 || !Number.isInteger(rest) || rest < 1 || (open === 0 && rest !== 1)) {
    throw new Error(
      `reshape: targetShape is ${formatShape(targetShape)}, its input ${formatShape(input)}: wanted as many numbers, at most one axis of ${OPEN}, which takes the rest`,
    );
  }
  return targetShape.map(length => (length === OPEN ? rest : length));
}

export const reshapeRecord: LayerRecord<Config> = {
  kind: 'reshape',
  className: 'Reshape',
  config: readConfig,
  outputShape: shapeFor,
  call: (config, input) => ({ output: input.graph.reshape(input, [input.shape[0]!, ...shapeFor(config, input.shape.slice(1))]) }),
  keepsPlaces: true,
  describe: ({ targetShape }) => `as ${targetShape.join('×')}`,
  terms: {
    output: (layer, place) => sameTerms(layer, place, 'The same number under another shape.'),
    inputGradient: sameGradientTerms,
  },
};

/** The same numbers in another shape, without the batch axis; one axis may be -1, which takes what the others leave. */
export function reshape(targetShape: Shape, options: LayerOptions = {}): Layer {
  return Layer.of<Config>(reshapeRecord, readConfig({ targetShape }, 'reshape'), options);
}
