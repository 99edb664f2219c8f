import { type Attrs, defineOp, type Op } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type None = Readonly<Record<never, never>>;
type Of<A extends Attrs> = A & { readonly size: number };

/** What a function's slope is told by. */
type Side = 'input' | 'output';

/** A function of each number by itself, of a tensor of any shape. `A`: what it is told besides. */
export interface Elementwise<S extends Side, A extends Attrs> {
  readonly forward: Op<'input', 'output', never, Of<A>>;
  /** From the side that tells the slope and the output's gradient to the input's. */
  readonly backward: Op<S | 'dOutput', 'dInput', never, Of<A>>;
  /** Records it. */
  apply(input: Tensor, attrs: A): Tensor;
}

/** Makes the two ops of such a function: `name`_forward and `name`_backward. `flops`: for each number, forward and backward. */
export function elementwise<A extends Attrs = None, const S extends Side = Side>(
  name: string,
  slopeFrom: S,
  flops: readonly [forward: number, backward: number],
): Elementwise<S, A> {
  const backward = defineOp<Of<A>>()({
    name: `${name}_backward`,
    inputs: [slopeFrom, 'dOutput'],
    outputs: ['dInput'],
    shapes: (_, { dOutput }) => ({ dInput: { shape: dOutput.shape } }),
    cost: ({ size }) => ({ flops: flops[1] * size, bytes: 12 * size }),
  });
  const forward = defineOp<Of<A>>()({
    name: `${name}_forward`,
    inputs: ['input'],
    outputs: ['output'],
    shapes: (_, { input }) => ({ output: { shape: input.shape } }),
    cost: ({ size }) => ({ flops: flops[0] * size, bytes: 8 * size }),
    gradient({ inputs: { input }, outputs: { output }, dOutputs, attrs }) {
      const from = { [slopeFrom]: { input, output }[slopeFrom], dOutput: dOutputs.output! } as Record<S | 'dOutput', Tensor>;
      return { input: input.graph.add(backward, from, attrs).dInput };
    },
  });
  return {
    forward,
    backward,
    apply: (input, attrs) => input.graph.add(forward, { input }, { ...attrs, size: sizeOf(input.shape) }).output,
  };
}
