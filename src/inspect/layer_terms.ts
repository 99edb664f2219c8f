import { activationOf, type InspectedNumbers } from '../nn/layers/layer.js';
import { regularizerOf } from '../nn/layers/weight_options.js';
import { layerRecord } from '../nn/layers.js';
import { lossGradientTerms, lossInput, lossTerms } from '../nn/losses.js';
import { penaltyTerms, withPenalty } from '../nn/regularizers.js';
import { constant, dataOf, factor, makeTerms, type Terms, term } from '../nn/terms.js';
import type { InspectedLayer, Inspection } from './types.js';

/** A layer as its record explains it. */
function numbersOf({ tensors, rows, training }: Inspection, layer: InspectedLayer): InspectedNumbers {
  const { index, config, inputShape, outputShape, trainable, linear, window } = layer;
  const own = (part: string): string => `layer${index}/${part}`;
  const input = index === 0 ? 'input' : `layer${index - 1}/output`;
  return { tensors, rows, training, trainable, config, inputShape, outputShape, window, input, linear, output: own('output'), own };
}

const functionOf = ({ kind, config }: InspectedLayer) => activationOf(layerRecord(kind), config);

/** How a number of a layer's own was computed, other than a weight's: of 'output', 'pre_activation', 'argmax', 'mask'. */
export function layerTerms(inspection: Inspection, layer: InspectedLayer, part: string, index: number): Terms {
  const { parts, output } = layerRecord(layer.kind).terms;
  const numbers = numbersOf(inspection, layer);
  const place = { tensor: numbers.own(part), index };
  if (parts?.[part]) return parts[part](numbers, place);
  const activation = part === 'output' ? functionOf(layer) : undefined;
  return activation ? activation.terms(numbers, place) : output(numbers, place);
}

/** How the loss was computed: the share of each picture and unit, and what regularizers add for weights. */
export function wholeLossTerms(inspection: Inspection): Terms {
  const data = lossTerms(inspection);
  const added = inspection.layers.flatMap(({ index, name, config, weights }) =>
    weights.flatMap(({ name: part }) => {
      const regularizer = regularizerOf(config, part);
      return regularizer ? penaltyTerms(`${name}.${part}`, dataOf(inspection, `layer${index}/${part}`), regularizer) : [];
    }),
  );
  if (added.length === 0) return data;
  const sum = added.reduce((total, { product }) => total + product, data.sum);
  return { ...data, formula: `${data.formula} + Σ of the weights' penalties`, terms: [...data.terms, ...added], sum };
}

/** How the loss' gradient of a number was computed: which outputs sent what back. `of` is the number's tensor: 'input', 'layer0/output', 'layer0/pre_activation', 'layer0/kernel'. */
export function gradientTerms(inspection: Inspection, of: string, index: number): Terms {
  const { layers, loss } = inspection;
  const place = { tensor: `${of}/gradient`, index };
  const [, digits, part = ''] = /^layer(\d+)\/(\w+)$/.exec(of) ?? [];
  const own = layers[Number(digits)];
  if (own?.weights.some(({ name }) => name === part)) {
    const explain = layerRecord(own.kind).terms.weightGradients?.[part];
    if (!explain) throw new Error(`inspection: layers of kind '${own.kind}' do not explain the gradient of '${part}'`);
    const numbers = numbersOf(inspection, own);
    const regularizer = regularizerOf(own.config, part);
    const terms = explain(numbers, place);
    return regularizer ? withPenalty(terms, numbers, part, regularizer) : terms;
  }
  const ofPart = own && layerRecord(own.kind).terms.partGradients?.[part];
  if (ofPart) return ofPart(numbersOf(inspection, own), place);
  const activated = layers.find(layer => layer.linear === of && functionOf(layer));
  if (activated) {
    // A loss from logits is differentiated together with the activation that it was made for.
    const isStart = loss.from === 'logits' && activated === layers.at(-1);
    return isStart
      ? lossGradientTerms(inspection, of, index)
      : functionOf(activated)!.gradientTerms(numbersOf(inspection, activated), place);
  }
  const consumer = layers[of === 'input' ? 0 : Number(digits) + 1];
  if (consumer) return layerRecord(consumer.kind).terms.inputGradient(numbersOf(inspection, consumer), place);
  if (lossInput(inspection.loss) === 'logits' && functionOf(layers.at(-1)!))
    throw new Error(`inspection: the loss is computed from the logits, '${of}' has no gradient`);
  return lossGradientTerms(inspection, of, index);
}

/** How a weight that is not trained was computed by the step: by its layer, or not at all. */
export function stateTerms(inspection: Inspection, layer: InspectedLayer, part: string, index: number): Terms {
  const numbers = numbersOf(inspection, layer);
  const [before, place] = [numbers.own(part), { tensor: `${numbers.own(part)}/updated`, index }];
  const { state } = layerRecord(layer.kind).terms;
  if (inspection.training && layer.trainable && state?.[part]) return state[part](numbers, place);
  const terms = [term('weight before', factor(inspection, before, index), constant(1))];
  return makeTerms(inspection, place, terms, { formula: "weight' = weight", note: 'This step does not change it.' });
}
