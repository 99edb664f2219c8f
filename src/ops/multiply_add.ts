import { defineOp } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

export type MultiplyAdd = { readonly size: number; readonly rounds: number; readonly factor: number; readonly addend: number };

/** Chains of an element, and rounds that come together: see shaders/multiply_add.wgsl. */
const CHAINS = 12;
const UNROLL = 8;

export const multiplyAddOp = defineOp<MultiplyAdd>()({
  name: 'multiply_add',
  inputs: ['input'],
  outputs: ['output'],
  shapes: ({ size }) => ({ output: { shape: [size] } }),
  cost: ({ size, rounds }) => ({ flops: 2 * CHAINS * rounds * size, bytes: 8 * size }),
});

/** Of each element of input [size], the sum of 12 numbers that begin as it + 0 … 11 and are `rounds` times replaced by themselves * factor + addend. */
export function multiplyAdd(input: Tensor, { rounds, factor, addend }: Omit<MultiplyAdd, 'size'>): Tensor {
  if (!Number.isInteger(rounds / UNROLL)) throw new Error(`multiply_add: rounds is ${rounds}, wanted a multiple of ${UNROLL}`);
  return input.graph.add(multiplyAddOp, { input }, { size: sizeOf(input.shape), rounds, factor, addend }).output;
}
