import { sizeOf } from '../engine/shape.js';
import {
  type DepthwiseConv2d,
  depthwiseConv2dBackwardInput,
  depthwiseConv2dBackwardKernel,
  depthwiseConv2dForward,
} from '../ops/depthwise_conv2d.js';
import { inOrder } from './launch.js';
import { cut, partOf, sumParts } from './parts.js';
import { elementwise, kernels, type Variant } from './variant.js';

/** Outputs of a row that an invocation of the 'rows' shader computes, and the most numbers of a row that it keeps for them. */
const RUN = 4;
const MOST_SEEN = 16;

const forwardRows: Variant<'input' | 'kernel' | 'bias' | 'output', DepthwiseConv2d> = {
  name: 'rows',
  madeFor: 'any adapter',
  rank: 1,
  does: 'four outputs beside each other share what their windows see of a row, and the weights',
  supports: a => (RUN - 1) * a.strideWidth + (a.kernelWidth - 1) * a.dilationWidth + 1 <= MOST_SEEN,
  dispatches: ({ kernelWidth, strideWidth, dilationWidth, ...params }, bindings) => {
    const { batch, outputHeight, outputWidth, channels, multiplier } = params;
    const units = channels * multiplier;
    const runs = Math.ceil(outputWidth / RUN);
    const numberOf = (element: number): number => {
      const [position, unit] = [Math.floor(element / units), element % units];
      const [row, x] = [Math.floor(position / outputWidth), position % outputWidth];
      return (row * runs + Math.floor(x / RUN)) * units + unit;
    };
    return [
      {
        shader: 'depthwise_conv2d_forward.rows',
        bindings,
        params,
        constants: { KERNEL_WIDTH: kernelWidth, STRIDE_WIDTH: strideWidth, DILATION_WIDTH: dilationWidth },
        ...inOrder(batch * outputHeight * runs * units, { output: numberOf }, `It computes ${RUN} outputs beside each other.`),
      },
    ];
  },
};

/** Invocations of a workgroup. */
const WORKGROUP_SIZE = 64;

const backwardKernelParts: Variant<'input' | 'dOutput' | 'dKernel', DepthwiseConv2d> = {
  name: 'parts',
  madeFor: 'any adapter',
  rank: 1,
  does: 'the long sums of few weights are cut into parts',
  dispatches: (a, { input, dOutput, dKernel }, scratch) => {
    const weights = sizeOf(dKernel.shape);
    const rows = a.batch * a.outputHeight;
    const { length } = cut(rows * a.outputWidth, Math.ceil(weights / WORKGROUP_SIZE));
    const rowsPerPart = Math.ceil(length / a.outputWidth);
    const count = Math.ceil(rows / rowsPerPart);
    const parts = scratch('parts', { shape: [count, weights] });
    return [
      {
        shader: 'depthwise_conv2d_backward_kernel.parts',
        bindings: { input, dOutput, parts },
        params: { ...a, parts: count, rowsPerPart },
        ...inOrder(count * weights, { parts: element => element }, partOf('a weight')),
      },
      sumParts(parts, dKernel),
    ];
  },
};

export const depthwiseConv2d = [
  kernels(depthwiseConv2dForward, elementwise('depthwise_conv2d_forward.naive', 'output'), forwardRows),
  kernels(depthwiseConv2dBackwardInput, elementwise('depthwise_conv2d_backward_input', 'dInput')),
  kernels(depthwiseConv2dBackwardKernel, elementwise('depthwise_conv2d_backward_kernel.naive', 'dKernel'), backwardKernelParts),
];
