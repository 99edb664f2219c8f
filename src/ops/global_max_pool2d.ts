import { defineOp } from '../engine/op.js';
import { checkRank, type Shape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Images = { readonly batch: number; readonly height: number; readonly width: number; readonly channels: number };

const inputShape = (a: Images): Shape => [a.batch, a.height, a.width, a.channels];
const outputShape = (a: Images): Shape => [a.batch, a.channels];

export const globalMaxPool2dForward = defineOp<Images>()({
  name: 'global_max_pool2d_forward',
  inputs: ['input'],
  outputs: ['output', 'count'],
  shapes: a => ({ output: { shape: outputShape(a) }, count: { shape: outputShape(a), dtype: 'uint32' } }),
  inputShapes: a => ({ input: { shape: inputShape(a) } }),
  cost: a => ({ flops: sizeOf(inputShape(a)), bytes: 4 * (sizeOf(inputShape(a)) + 2 * sizeOf(outputShape(a))) }),
  gradient: ({ inputs: { input }, outputs: { output, count }, dOutputs, attrs }) => ({
    input: input.graph.add(globalMaxPool2dBackward, { dOutput: dOutputs.output!, input, output, count }, attrs).dInput,
  }),
});

export const globalMaxPool2dBackward = defineOp<Images>()({
  name: 'global_max_pool2d_backward',
  inputs: ['dOutput', 'input', 'output', 'count'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: inputShape(a) } }),
  cost: a => ({ flops: sizeOf(inputShape(a)), bytes: 4 * (2 * sizeOf(inputShape(a)) + 3 * sizeOf(outputShape(a))) }),
});

/**
 * The largest value of each channel: [batch, height, width, channels] -> [batch, channels]. Equal ones share the gradient, as TensorFlow's reduce_max
 * has it; in windows, by max_pool2d, the first has all of it.
 * Source: tensorflow/python/ops/math_grad.py, _MinOrMaxGrad
 */
export function globalMaxPool2d(input: Tensor): Tensor {
  checkRank('global_max_pool2d', 'input', input.shape, 4);
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  return input.graph.add(globalMaxPool2dForward, { input }, { batch, height, width, channels }).output;
}
