import { defineOp, type Op } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Size = { readonly size: number };

/** A function of each number by itself, of a tensor of any shape, whose slope its output tells. */
export interface Elementwise {
  readonly forward: Op<'input', 'output', never, Size>;
  /** From the output and its gradient to the input's. */
  readonly backward: Op<'output' | 'dOutput', 'dInput', never, Size>;
  /** Records it. */
  apply(input: Tensor): Tensor;
}

/** Makes the two ops of such a function. `flops`: for each number, forward and backward. */
export function elementwise(forwardName: string, backwardName: string, flops: readonly [forward: number, backward: number]): Elementwise {
  const backward = defineOp<Size>()({
    name: backwardName,
    inputs: ['output', 'dOutput'],
    outputs: ['dInput'],
    shapes: (_, { output }) => ({ dInput: { shape: output.shape } }),
    cost: ({ size }) => ({ flops: flops[1] * size, bytes: 12 * size }),
  });
  const forward = defineOp<Size>()({
    name: forwardName,
    inputs: ['input'],
    outputs: ['output'],
    shapes: (_, { input }) => ({ output: { shape: input.shape } }),
    cost: ({ size }) => ({ flops: flops[0] * size, bytes: 8 * size }),
    gradient: ({ outputs: { output }, dOutputs, attrs }) => ({
      input: output.graph.add(backward, { output, dOutput: dOutputs.output! }, attrs).dInput,
    }),
  });
  return { forward, backward, apply: input => input.graph.add(forward, { input }, { size: sizeOf(input.shape) }).output };
}
