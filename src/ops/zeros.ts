import type { Graph } from '../engine/graph.js';
import { defineOp } from '../engine/op.js';
import type { Tensor } from '../engine/tensor.js';

export const zerosOp = defineOp<{ readonly size: number }>()({
  name: 'zeros',
  inputs: [],
  outputs: ['output'],
  shapes: ({ size }) => ({ output: { shape: [size] } }),
  cost: ({ size }) => ({ flops: 0, bytes: 4 * size }),
});

/** Zeros [size]: what kernels that add a bias are given where there is none. */
export const zeros = (graph: Graph, size: number): Tensor => graph.add(zerosOp, {}, { size }).output;
