import { defineOp } from '../../src/engine/op.js';
import { sizeOf } from '../../src/engine/shape.js';
import type { Tensor } from '../../src/engine/tensor.js';
import { dropoutBackward } from '../../src/ops/dropout.js';

const op = defineOp<Parameters<typeof dropoutBackward.cost>[0]>()({
  ...dropoutBackward,
  gradient: ({ inputs: { mask }, dOutputs }) => ({ dOutput: multiply(dOutputs.dInput!, mask) }),
});

/** input * factor, number by number, by the kernel of dropout's backward pass. Differentiable in its input alone. */
export function multiply(input: Tensor, factor: Tensor): Tensor {
  const size = sizeOf(input.shape);
  return input.graph.add(op, { mask: factor, dOutput: input }, { size, places: 1, channels: size }).dInput;
}
