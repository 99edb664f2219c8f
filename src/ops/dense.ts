import { type Cost, defineOp } from '../engine/op.js';
import { checkRank, formatShape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { biasBackward } from './bias.js';
import { zeros } from './zeros.js';

export type Dense = { readonly batch: number; readonly features: number; readonly units: number };

const cost = (a: Dense): Cost => ({
  flops: 2 * a.batch * a.features * a.units,
  bytes: 4 * (a.batch * a.features + a.features * a.units + a.batch * a.units),
});

export const denseForward = defineOp<Dense>()({
  name: 'dense_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: [a.batch, a.units] } }),
  inputShapes: a => ({ input: { shape: [a.batch, a.features] }, kernel: { shape: [a.features, a.units] }, bias: { shape: [a.units] } }),
  cost,
  gradient: ({ inputs: { input, kernel, bias }, dOutputs, attrs, needs }) => {
    const dOutput = dOutputs.output!;
    const { graph } = dOutput;
    const dInput = needs('input') ? graph.add(denseBackwardInput, { dOutput, kernel }, attrs).dInput : undefined;
    // Both gradients of the weights come from one op: what nobody reads is left over. Where only the bias is trained, one reads dOutput alone.
    const ofWeights = needs('kernel') ? graph.add(denseBackwardKernel, { input, dOutput }, attrs) : undefined;
    return {
      ...(dInput && { input: dInput }),
      ...(ofWeights && { kernel: ofWeights.dKernel }),
      ...(needs('bias') && { bias: ofWeights?.dBias ?? biasBackward(dOutput, bias) }),
    };
  },
});

export const denseBackwardInput = defineOp<Dense>()({
  name: 'dense_backward_input',
  inputs: ['dOutput', 'kernel'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: [a.batch, a.features] } }),
  inputShapes: a => ({ dOutput: { shape: [a.batch, a.units] }, kernel: { shape: [a.features, a.units] } }),
  cost,
});

export const denseBackwardKernel = defineOp<Dense>()({
  name: 'dense_backward_kernel',
  inputs: ['input', 'dOutput'],
  outputs: ['dKernel', 'dBias'],
  shapes: a => ({ dKernel: { shape: [a.features, a.units] }, dBias: { shape: [a.units] } }),
  inputShapes: a => ({ input: { shape: [a.batch, a.features] }, dOutput: { shape: [a.batch, a.units] } }),
  cost,
});

/** A fully connected layer: input [batch, features] · kernel [features, units] + bias [units], where there is one -> [batch, units]. */
export function dense(input: Tensor, kernel: Tensor, bias: Tensor | undefined): Tensor {
  checkRank('dense', 'input', input.shape, 2);
  checkRank('dense', 'kernel', kernel.shape, 2);
  const [batch, features] = input.shape as [number, number];
  const [rows, units] = kernel.shape as [number, number];
  if (rows !== features) {
    throw new Error(
      `dense: kernel ${formatShape(kernel.shape)} takes ${rows} features, the input ${formatShape(input.shape)} has ${features}`,
    );
  }
  return input.graph.add(denseForward, { input, kernel, bias: bias ?? zeros(input.graph, units) }, { batch, features, units }).output;
}
