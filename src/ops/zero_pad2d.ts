import { type Cost, defineOp } from '../engine/op.js';
import { checkRank, type Shape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Padded = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
};

const inputShape = (a: Padded): Shape => [a.batch, a.height, a.width, a.channels];
const outputShape = (a: Padded): Shape => [a.batch, a.outputHeight, a.outputWidth, a.channels];
const cost = (a: Padded): Cost => ({ flops: 0, bytes: 4 * (sizeOf(inputShape(a)) + sizeOf(outputShape(a))) });

export const zeroPad2dForward = defineOp<Padded>()({
  name: 'zero_pad2d_forward',
  inputs: ['input'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: outputShape(a) } }),
  cost,
  gradient: ({ dOutputs, attrs }) => {
    const dOutput = dOutputs.output!;
    return { input: dOutput.graph.add(zeroPad2dBackward, { dOutput }, attrs).dInput };
  },
});

export const zeroPad2dBackward = defineOp<Padded>()({
  name: 'zero_pad2d_backward',
  inputs: ['dOutput'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: inputShape(a) } }),
  cost,
});

/** Rows and columns of zeros: [[above, below], [left, right]]. */
export type Padding2d = readonly [readonly [number, number], readonly [number, number]];

/** Zeros around images: [batch, height, width, channels] -> [batch, above + height + below, left + width + right, channels] */
export function zeroPad2d(input: Tensor, [[above, below], [left, right]]: Padding2d): Tensor {
  checkRank('zero_pad2d', 'input', input.shape, 4);
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  const [outputHeight, outputWidth] = [above + height + below, left + width + right];
  const attrs = { batch, height, width, channels, padTop: above, padLeft: left, outputHeight, outputWidth };
  return input.graph.add(zeroPad2dForward, { input }, attrs).output;
}
