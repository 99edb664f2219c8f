import { lossGradientTerms, lossInput } from './loss_terms.js';
import { constant, dataOf, factor, inputOf, linearOf, makeTerms, pixelLabel, position, term } from './terms.js';
import type { InspectedLayer, Inspection, Place, Term, Terms } from './types.js';

/** Which outputs of an axis have the input place `at` in their window: [first, last], and at which place of the window. */
function covering(
  at: number,
  window: number,
  stride: number,
  pad: number,
  outputs: number,
): { readonly output: number; readonly tap: number }[] {
  const found: { output: number; tap: number }[] = [];
  for (let output = Math.max(Math.ceil((at + pad - window + 1) / stride), 0); output < outputs && output * stride <= at + pad; output++) {
    found.push({ output, tap: at + pad - output * stride });
  }
  return found;
}

/** dInput[y, x, c] = Σ over the windows that cover it and their filters of dOutput · kernel */
function convInputTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const a = layer.window!;
  const [, , filters] = layer.outputShape as [number, number, number];
  const [n, row, column, c] = position(place.index, [a.height, a.width, a.channels]);
  const terms: Term[] = [];
  for (const { output: y, tap: i } of covering(row, a.kernelHeight, a.strideHeight, a.padTop, a.outputHeight)) {
    for (const { output: x, tap: j } of covering(column, a.kernelWidth, a.strideWidth, a.padLeft, a.outputWidth)) {
      for (let f = 0; f < filters; f++) {
        const from = ((n * a.outputHeight + y) * a.outputWidth + x) * filters + f;
        const weight = ((i * a.kernelWidth + j) * a.channels + c) * filters + f;
        const dOutput = factor(inspection, `${linearOf(layer)}/gradient`, from);
        terms.push(term(pixelLabel(inspection, n, y, x, `filter ${f}`), dOutput, factor(inspection, `layer${layer.index}/kernel`, weight)));
      }
    }
  }
  return makeTerms(inspection, place, terms, {
    formula: 'dInput[row, column, c] = Σ over the windows (y, x) with it at (i, j), and f, of dOutput[y, x, f] · kernel[i, j, c, f]',
    note: terms.length === 0 ? 'No window covers it.' : '',
  });
}

/** dKernel[i, j, c, f] = Σ over pictures and positions of input · dOutput; dBias[f] = Σ of dOutput */
function convWeightTerms(inspection: Inspection, layer: InspectedLayer, place: Place, weight: string): Terms {
  const a = layer.window!;
  const [, , filters] = layer.outputShape as [number, number, number];
  const f = place.index % filters;
  const [, i, j, c] = position(Math.floor(place.index / filters), [a.kernelHeight, a.kernelWidth, a.channels]);
  const terms: Term[] = [];
  for (let n = 0; n < inspection.rows; n++) {
    for (let y = 0; y < a.outputHeight; y++) {
      for (let x = 0; x < a.outputWidth; x++) {
        const from = ((n * a.outputHeight + y) * a.outputWidth + x) * filters + f;
        const dOutput = factor(inspection, `${linearOf(layer)}/gradient`, from);
        const label = pixelLabel(inspection, n, y, x, `filter ${f}`);
        if (weight === 'bias') {
          terms.push(term(label, constant(1), dOutput));
          continue;
        }
        const row = y * a.strideHeight + i - a.padTop;
        const column = x * a.strideWidth + j - a.padLeft;
        const isPadding = row < 0 || row >= a.height || column < 0 || column >= a.width;
        const pixel = isPadding
          ? constant(0)
          : factor(inspection, inputOf(layer.index), ((n * a.height + row) * a.width + column) * a.channels + c);
        terms.push(term(label, pixel, dOutput, isPadding ? { isPadding: true } : {}));
      }
    }
  }
  const formula =
    weight === 'bias'
      ? 'dBias[f] = Σ over pictures, y, x of dOutput[y, x, f]'
      : 'dKernel[i, j, c, f] = Σ over pictures, y, x of input[y · stride + i − pad, x · stride + j − pad, c] · dOutput[y, x, f]';
  return makeTerms(inspection, place, terms, {
    formula,
    note: 'One weight serves every position: all of them send back what they want of it.',
  });
}

/** A window's gradient goes to its winner. */
function poolInputTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const a = layer.window!;
  const [n, row, column, c] = position(place.index, [a.height, a.width, a.channels]);
  const argmax = dataOf(inspection, `layer${layer.index}/argmax`);
  const terms: Term[] = [];
  for (const { output: y, tap: i } of covering(row, a.kernelHeight, a.strideHeight, a.padTop, a.outputHeight)) {
    for (const { output: x, tap: j } of covering(column, a.kernelWidth, a.strideWidth, a.padLeft, a.outputWidth)) {
      const from = ((n * a.outputHeight + y) * a.outputWidth + x) * a.channels + c;
      const won = argmax[from] === i * a.kernelWidth + j;
      const label = `${pixelLabel(inspection, n, y, x, `channel ${c}`)}: ${won ? 'won' : 'lost'}`;
      terms.push(
        term(label, factor(inspection, `layer${layer.index}/output/gradient`, from), constant(won ? 1 : 0), won ? { isChosen: true } : {}),
      );
    }
  }
  const isIdle = !terms.some(({ isChosen }) => isChosen);
  return makeTerms(inspection, place, terms, {
    formula: 'dInput[row, column, c] = Σ over the windows that it won of dOutput[y, x, c]',
    note: terms.length === 0 ? 'No window covers it.' : isIdle ? 'It won no window: no gradient reaches it.' : '',
  });
}

/** dInput[k] = Σ over u of dOutput[u] · kernel[k, u] */
function denseInputTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const [features] = layer.inputShape as [number];
  const [units] = layer.outputShape as [number];
  const [n, k] = [Math.floor(place.index / features), place.index % features];
  const terms = Array.from({ length: units }, (_, u) =>
    term(
      `unit ${u}`,
      factor(inspection, `${linearOf(layer)}/gradient`, n * units + u),
      factor(inspection, `layer${layer.index}/kernel`, k * units + u),
    ),
  );
  return makeTerms(inspection, place, terms, { formula: 'dInput[k] = Σ over u of dOutput[u] · kernel[k, u]' });
}

/** dKernel[k, u] = Σ over pictures of input[k] · dOutput[u]; dBias[u] = Σ over pictures of dOutput[u] */
function denseWeightTerms(inspection: Inspection, layer: InspectedLayer, place: Place, weight: string): Terms {
  const [features] = layer.inputShape as [number];
  const [units] = layer.outputShape as [number];
  const [k, u] = [Math.floor(place.index / units), place.index % units];
  const terms = Array.from({ length: inspection.rows }, (_, n) => {
    const input = weight === 'bias' ? constant(1) : factor(inspection, inputOf(layer.index), n * features + k);
    return term(`picture ${n}`, input, factor(inspection, `${linearOf(layer)}/gradient`, n * units + u));
  });
  const formula =
    weight === 'bias' ? 'dBias[u] = Σ over pictures of dOutput[u]' : 'dKernel[k, u] = Σ over pictures of input[k] · dOutput[u]';
  return makeTerms(inspection, place, terms, { formula });
}

/** What an activation function lets back to what it was computed from. */
function activationInputTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  const { index: at } = place;
  const output = `layer${layer.index}/output`;
  const passes = dataOf(inspection, output);
  if (layer.activation === 'relu') {
    const isOpen = passes[at]! > 0;
    const terms = [
      term('output', factor(inspection, `${output}/gradient`, at), constant(isOpen ? 1 : 0), isOpen ? { isChosen: true } : {}),
    ];
    const note = isOpen ? 'The gate is open: the output is positive.' : 'The gate is shut: the output is 0, so nothing comes back.';
    return makeTerms(inspection, place, terms, { formula: 'dInput = dOutput where output > 0, else 0', note });
  }
  if (layer.activation === 'sigmoid') {
    const slope = { ...constant(passes[at]! * (1 - passes[at]!)), at: { tensor: output, index: at } };
    const terms = [term('output', factor(inspection, `${output}/gradient`, at), slope)];
    return makeTerms(inspection, place, terms, { formula: 'dInput = dOutput · output · (1 − output)' });
  }
  const [units] = layer.outputShape as [number];
  const row = at - (at % units);
  const terms = Array.from({ length: units }, (_, v) => {
    const slope = passes[at]! * ((row + v === at ? 1 : 0) - passes[row + v]!);
    return term(`unit ${v}`, factor(inspection, `${output}/gradient`, row + v), {
      ...constant(slope),
      at: { tensor: output, index: row + v },
    });
  });
  return makeTerms(inspection, place, terms, { formula: 'dInput[u] = Σ over v of dOutput[v] · output[u] · ((1 if u = v) − output[v])' });
}

/** Whether the loss is computed from what this layer's activation starts from, so that both are differentiated as one. */
const startsAt = (inspection: Inspection, { index }: InspectedLayer): boolean =>
  inspection.loss.from === 'logits' && index === inspection.layers.length - 1;

/** The gradient of what a layer takes. */
function inputTerms(inspection: Inspection, layer: InspectedLayer, place: Place): Terms {
  switch (layer.kind) {
    case 'conv2d':
      return convInputTerms(inspection, layer, place);
    case 'dense':
      return denseInputTerms(inspection, layer, place);
    case 'max_pooling2d':
      return poolInputTerms(inspection, layer, place);
    case 'activation':
      if (startsAt(inspection, layer)) return lossGradientTerms(inspection, inputOf(layer.index), place.index);
      if (layer.activation !== 'linear') return activationInputTerms(inspection, layer, place);
      break;
    case 'dropout':
      if (layer.rate !== undefined) {
        const dOutput = factor(inspection, `layer${layer.index}/output/gradient`, place.index);
        const terms = [term('output', dOutput, factor(inspection, `layer${layer.index}/mask`, place.index))];
        return makeTerms(inspection, place, terms, { formula: 'dInput = dOutput · mask' });
      }
  }
  const terms = [term('output', factor(inspection, `layer${layer.index}/output/gradient`, place.index), constant(1))];
  return makeTerms(inspection, place, terms, { formula: 'dInput = dOutput' });
}

/**
 * How the loss' gradient of a number came about: which outputs sent what back. `of` is the number's tensor: 'input', 'layer0/output',
 * 'layer0/pre_activation', 'layer0/kernel', 'layer0/bias'.
 */
export function gradientTerms(inspection: Inspection, of: string, index: number): Terms {
  const { layers } = inspection;
  const place = { tensor: `${of}/gradient`, index };
  const [, digits, part] = /^layer(\d+)\/(\w+)$/.exec(of) ?? [];
  if (part === 'kernel' || part === 'bias') {
    const layer = layers[Number(digits)]!;
    return (layer.kind === 'conv2d' ? convWeightTerms : denseWeightTerms)(inspection, layer, place, part);
  }
  if (part === 'pre_activation') {
    const layer = layers[Number(digits)]!;
    return startsAt(inspection, layer) ? lossGradientTerms(inspection, of, index) : activationInputTerms(inspection, layer, place);
  }
  const consumer = layers[of === 'input' ? 0 : Number(digits) + 1];
  if (consumer) return inputTerms(inspection, consumer, place);
  if (lossInput(inspection) === 'logits') throw new Error(`inspection: the loss is computed from the logits, '${of}' has no gradient`);
  return lossGradientTerms(inspection, of, index);
}
