import { type AdapterTraits, type Cost, defineOp, kernel, spread, type Variant } from '../engine/op.js';
import { checkRank, formatShape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { biasBackward } from './bias.js';
import { cut, sumParts } from './parts.js';

export type Dense = { readonly batch: number; readonly features: number; readonly units: number };

const cost = (a: Dense): Cost => ({
  flops: 2 * a.batch * a.features * a.units,
  bytes: 4 * (a.batch * a.features + a.features * a.units + a.batch * a.units),
});

/** Units of a workgroup in the forward and kernel passes, features of one in that to the input, in the variants split, units, tiled and blocks. */
const TILE = 64;

/** Most rows that an invocation keeps a sum or a gradient of in registers. */
const MOST_ROWS = 16;

/** Rows of a round, where a batch is gone through in as few and as equal rounds as that allows. */
const rowsOf = ({ batch }: Dense): number => Math.ceil(batch / Math.ceil(batch / MOST_ROWS));

const forwardSplit: Variant<'input' | 'kernel' | 'bias' | 'output', Dense> = {
  name: 'split',
  dispatches: (a, { output, ...inputs }, scratch) => {
    const rows = rowsOf(a);
    const groups = Math.ceil(a.units / TILE) * Math.ceil(a.batch / rows);
    const { count, length } = cut(a.features, groups);
    const parts = scratch('parts', { shape: [count, a.batch * a.units] });
    return [
      {
        shader: 'dense_forward.split',
        bindings: { ...inputs, parts },
        params: { ...a, featuresPerPart: length },
        constants: { ROWS: rows },
        workgroups: [Math.ceil(a.units / TILE), Math.ceil(a.batch / rows), count],
      },
      sumParts(parts, output),
    ];
  },
};

/** Rows of an invocation in dense_forward.blocks and dense_backward_input.blocks. */
const BLOCK_ROWS = 4;

const hasSubgroups = (_: Dense, { subgroupSize }: AdapterTraits): boolean => subgroupSize >= 4;

const forwardBlocks: Variant<'input' | 'kernel' | 'bias' | 'output', Dense> = {
  name: 'blocks',
  isFallback: true,
  supports: hasSubgroups,
  dispatches: (a, { output, ...inputs }, scratch) => {
    const groups = [Math.ceil(a.units / TILE), Math.ceil(a.batch / BLOCK_ROWS)] as const;
    const { count, length } = cut(a.features, groups[0] * groups[1]);
    const parts = scratch('parts', { shape: [count, a.batch * a.units] });
    return [
      {
        shader: 'dense_forward.blocks',
        bindings: { ...inputs, parts },
        params: { ...a, featuresPerPart: length },
        workgroups: [...groups, count],
      },
      sumParts(parts, output),
    ];
  },
};

const backwardInputBlocks: Variant<'dOutput' | 'kernel' | 'dInput', Dense> = {
  name: 'blocks',
  isFallback: true,
  supports: hasSubgroups,
  dispatches: (a, bindings) => [
    {
      shader: 'dense_backward_input.blocks',
      bindings,
      params: a,
      workgroups: [Math.ceil(a.features / TILE), Math.ceil(a.batch / BLOCK_ROWS), 1],
    },
  ],
};

const backwardInputTiled: Variant<'dOutput' | 'kernel' | 'dInput', Dense> = {
  name: 'tiled',
  dispatches: (a, bindings) => [
    { shader: 'dense_backward_input.tiled', bindings, params: a, constants: { ROWS: rowsOf(a) }, workgroups: spread(a.features, TILE) },
  ],
};

/** Features of a workgroup in dense_backward_kernel.units: enough to pay for loading the gradients, few enough to make many groups. */
const FEATURES = 64;

const kernelGroups = (a: Dense) => [Math.ceil(a.units / TILE), Math.ceil(a.features / FEATURES), 1] as const;

const backwardKernelUnits: Variant<'input' | 'dOutput' | 'dKernel', Dense> = {
  name: 'units',
  dispatches: (a, bindings) => [
    {
      shader: 'dense_backward_kernel.units',
      bindings,
      params: { ...a, featuresPerGroup: FEATURES },
      constants: { ROWS: rowsOf(a) },
      workgroups: kernelGroups(a),
    },
  ],
};

const backwardKernelBlocks: Variant<'input' | 'dOutput' | 'dKernel', Dense> = {
  name: 'blocks',
  isFallback: true,
  supports: hasSubgroups,
  dispatches: (a, bindings) => [
    { shader: 'dense_backward_kernel.blocks', bindings, params: { ...a, featuresPerGroup: FEATURES }, workgroups: kernelGroups(a) },
  ],
};

/** Most columns of an invocation of the variants whose workgroup is one subgroup; fewer where the weights of neighbouring columns lie a row apart. */
const MOST_COLUMNS = 8;
const MOST_COLUMNS_APART = 4;

/** How such workgroups share a width by the batch: columns of an invocation in as few and as equal parts as `most` allows, rows as rowsOf() says. */
function byLanes(a: Dense, width: number, most: number, { subgroupSize }: AdapterTraits) {
  const all = Math.ceil(width / subgroupSize);
  const columns = Math.ceil(all / Math.ceil(all / most));
  const rows = rowsOf(a);
  return {
    constants: { LANES: subgroupSize, ROWS: rows, COLUMNS: columns },
    groups: [Math.ceil(all / columns), Math.ceil(a.batch / rows)] as const,
  };
}

const forwardLanes: Variant<'input' | 'kernel' | 'bias' | 'output', Dense> = {
  name: 'lanes',
  supports: hasSubgroups,
  dispatches: (a, { output, ...inputs }, scratch, adapter) => {
    const { constants, groups } = byLanes(a, a.units, MOST_COLUMNS, adapter);
    const { count, length } = cut(a.features, groups[0] * groups[1]);
    const parts = scratch('parts', { shape: [count, a.batch * a.units] });
    return [
      {
        shader: 'dense_forward.lanes',
        bindings: { ...inputs, parts },
        params: { ...a, featuresPerPart: length },
        constants,
        workgroups: [...groups, count],
      },
      sumParts(parts, output),
    ];
  },
};

const backwardInputLanes: Variant<'dOutput' | 'kernel' | 'dInput', Dense> = {
  name: 'lanes',
  supports: hasSubgroups,
  dispatches: (a, bindings, _, adapter) => {
    const { constants, groups } = byLanes(a, a.features, MOST_COLUMNS_APART, adapter);
    return [{ shader: 'dense_backward_input.lanes', bindings, params: a, constants, workgroups: [...groups, 1] }];
  },
};

/** Features of a workgroup in dense_backward_kernel.lanes, which has more gradients to load than dense_backward_kernel.units. */
const LANES_GROUP_FEATURES = 256;

const backwardKernelLanes: Variant<'input' | 'dOutput' | 'dKernel', Dense> = {
  name: 'lanes',
  supports: hasSubgroups,
  dispatches: (a, bindings, _, adapter) => {
    const { constants, groups } = byLanes(a, a.units, MOST_COLUMNS, adapter);
    return [
      {
        shader: 'dense_backward_kernel.lanes',
        bindings,
        params: a,
        constants: { ...constants, GROUP_FEATURES: LANES_GROUP_FEATURES },
        workgroups: [groups[0], Math.ceil(a.features / LANES_GROUP_FEATURES), 1],
      },
    ];
  },
};

const denseForward = defineOp<Dense>()({
  name: 'dense_forward',
  inputs: ['input', 'kernel', 'bias'],
  outputs: ['output'],
  shapes: a => ({ output: { shape: [a.batch, a.units] } }),
  inputShapes: a => ({ input: { shape: [a.batch, a.features] }, kernel: { shape: [a.features, a.units] }, bias: { shape: [a.units] } }),
  cost,
  variants: [kernel('dense_forward.naive', a => spread(a.batch * a.units)), forwardBlocks, forwardSplit, forwardLanes],
  gradient: ({ inputs: { input, kernel, bias }, dOutputs, attrs, needs }) => {
    const dOutput = dOutputs.output!;
    const { graph } = dOutput;
    return {
      ...(needs('input') && { input: graph.add(denseBackwardInput, { dOutput, kernel }, attrs).dInput }),
      ...(needs('bias') && { bias: biasBackward(dOutput, bias) }),
      ...(needs('kernel') && { kernel: graph.add(denseBackwardKernel, { input, dOutput }, attrs).dKernel }),
    };
  },
});

const denseBackwardInput = defineOp<Dense>()({
  name: 'dense_backward_input',
  inputs: ['dOutput', 'kernel'],
  outputs: ['dInput'],
  shapes: a => ({ dInput: { shape: [a.batch, a.features] } }),
  inputShapes: a => ({ dOutput: { shape: [a.batch, a.units] }, kernel: { shape: [a.features, a.units] } }),
  cost,
  variants: [
    kernel('dense_backward_input.naive', a => spread(a.batch * a.features)),
    backwardInputBlocks,
    backwardInputTiled,
    backwardInputLanes,
  ],
});

const denseBackwardKernel = defineOp<Dense>()({
  name: 'dense_backward_kernel',
  inputs: ['input', 'dOutput'],
  outputs: ['dKernel'],
  shapes: a => ({ dKernel: { shape: [a.features, a.units] } }),
  inputShapes: a => ({ input: { shape: [a.batch, a.features] }, dOutput: { shape: [a.batch, a.units] } }),
  cost,
  variants: [
    kernel('dense_backward_kernel.naive', a => spread(a.features * a.units)),
    backwardKernelBlocks,
    backwardKernelUnits,
    backwardKernelLanes,
  ],
});

/** A fully connected layer: input [batch, features] · kernel [features, units] + bias [units] -> [batch, units]. */
export function dense(input: Tensor, kernel: Tensor, bias: Tensor): Tensor {
  checkRank('dense', 'input', input.shape, 2);
  checkRank('dense', 'kernel', kernel.shape, 2);
  const [batch, features] = input.shape as [number, number];
  const [rows, units] = kernel.shape as [number, number];
  if (rows !== features) {
    throw new Error(
      `dense: kernel ${formatShape(kernel.shape)} takes ${rows} features, the input ${formatShape(input.shape)} has ${features}`,
    );
  }
  return input.graph.add(denseForward, { input, kernel, bias }, { batch, features, units }).output;
}
