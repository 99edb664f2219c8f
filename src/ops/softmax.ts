import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Rows = { readonly batch: number; readonly units: number };

export const softmaxForward = defineOp<Rows>()({
  name: 'softmax_forward',
  inputs: ['input'],
  outputs: ['output'],
  shapes: ({ batch, units }) => ({ output: { shape: [batch, units] } }),
  cost: ({ batch, units }) => ({ flops: 5 * batch * units, bytes: 8 * batch * units }),
  gradient: ({ outputs: { output }, dOutputs, attrs }) => ({
    input: output.graph.add(softmaxBackward, { output, dOutput: dOutputs.output! }, attrs).dInput,
  }),
});

export const softmaxBackward = defineOp<Rows>()({
  name: 'softmax_backward',
  inputs: ['output', 'dOutput'],
  outputs: ['dInput'],
  shapes: ({ batch, units }) => ({ dInput: { shape: [batch, units] } }),
  cost: ({ batch, units }) => ({ flops: 4 * batch * units, bytes: 12 * batch * units }),
});

/** exp(input) over its sum along the last axis: logits [..., units] -> probabilities of the same shape. */
export function softmax(input: Tensor): Tensor {
  const { graph, shape } = input;
  const units = shape.at(-1)!;
  return graph.reshape(graph.add(softmaxForward, { input }, { batch: sizeOf(shape) / units, units }).output, shape);
}
