import { sizeOf } from '../engine/shape.js';
import type { LayerStack } from '../nn/layer_stack.js';
import type { Trace } from '../nn/trace.js';
import type { InspectedLayer } from './types.js';

/** What a model's layers are, by what a trace of `rows` pictures recorded for them. */
export function inspectedLayers({ layers }: LayerStack, { forward, tensors }: Trace, rows: number): InspectedLayer[] {
  return layers.map(({ name, layer: { record, config, activation, trainable: isTrained }, inputShape, outputShape, parameters }, index) => {
    const [input, output, before] = [
      index === 0 ? 'input' : `layer${index - 1}/output`,
      `layer${index}/output`,
      `layer${index}/pre_activation`,
    ];
    const own = forward.filter(({ scope }) => scope === name);
    return {
      index,
      name,
      kind: record.kind,
      config,
      inputShape,
      outputShape,
      trainable: isTrained,
      weights: parameters.map(({ part, shape, trainable }) => ({ name: part, shape, trainable })),
      parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      flops: own.reduce((sum, { cost }) => sum + cost.flops, 0) / rows,
      linear: activation ? (tensors.has(before) ? before : input) : output,
      ...(record.window && { window: record.window(config, [rows, ...inputShape]) }),
    };
  });
}
