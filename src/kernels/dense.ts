import { type Dense, denseBackwardInput, denseBackwardKernel, denseForward } from '../ops/dense.js';
import {
  type BackwardInput,
  type BackwardKernel,
  backwardInputTiled,
  backwardKernelTiled,
  type Forward,
  forwardTiled,
} from './dense_product.js';
import { cell, inOrder, type Place } from './launch.js';
import { cut, partOf, sumParts } from './parts.js';
import { type AdapterTraits, elementwise, kernels, naive } from './variant.js';

/** Units of a workgroup in the forward and kernel passes, features of one in that to the input, in the variants split and blocks. */
const TILE = 64;

/** Most rows that an invocation keeps a sum or a gradient of in registers. */
const MOST_ROWS = 16;

/** Rows of a round, where a batch is gone through in as few and as equal rounds as that allows. */
const rowsOf = ({ batch }: Dense): number => Math.ceil(batch / Math.ceil(batch / MOST_ROWS));

/** The invocation of a column, in workgroups of `size` invocations with `columns` columns each, and of a group of rows. */
const at = (column: number, rows: number, part: number, note: string, size = TILE, columns = 1): Place => ({
  group: [Math.floor(column / (size * columns)), rows, part],
  lane: column % size,
  size,
  note,
});

const hasSubgroups = (_: Dense, { subgroupSize }: AdapterTraits): boolean => subgroupSize >= 4;

/** Rows of an invocation in dense_forward.blocks and dense_backward_input.blocks. */
const BLOCK_ROWS = 4;

/** Features of a part of dense_forward.split, at least: they are gone through by 32 at a time. */
const SPLIT_FEATURES = 128;

/** Workgroups that suffice there: those of a small batch wait for memory most of their time. */
const SPLIT_WORKGROUPS = 2048;

const forwardSplit: Forward = {
  name: 'split',
  madeFor: 'GPUs',
  rank: 2,
  does: 'cuts the sum into parts, so that the few outputs of a small batch keep many invocations busy; loads a weight once for all rows, and inputs through workgroup memory',
  dispatches: (a, { output, ...inputs }, scratch) => {
    const rows = rowsOf(a);
    const groups = Math.ceil(a.units / TILE) * Math.ceil(a.batch / rows);
    const wanted = Math.min(Math.ceil(a.features / SPLIT_FEATURES), Math.ceil(SPLIT_WORKGROUPS / groups));
    const length = SPLIT_FEATURES * Math.ceil(a.features / wanted / SPLIT_FEATURES);
    const count = Math.ceil(a.features / length);
    const parts = scratch('parts', { shape: [count, a.batch * a.units] });
    return [
      {
        shader: 'dense_forward.split',
        bindings: { ...inputs, parts },
        params: { ...a, featuresPerPart: length },
        constants: { ROWS: rows },
        workgroups: [Math.ceil(a.units / TILE), Math.ceil(a.batch / rows), count],
        writers: {
          parts: element => {
            const { part, row, column } = cell(element, a.batch, a.units);
            return at(column, Math.floor(row / rows), part, partOf(`${rows} rows`));
          },
        },
      },
      sumParts(parts, output),
    ];
  },
};

const forwardBlocks: Forward = {
  name: 'blocks',
  madeFor: 'drivers that keep arrays in memory',
  rank: 1,
  does: 'four rows an invocation, in variables with names and no arrays; four invocations share what they load of the input',
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
        writers: {
          parts: element => {
            const { part, row, column } = cell(element, a.batch, a.units);
            return at(column, Math.floor(row / BLOCK_ROWS), part, partOf('four rows'));
          },
        },
      },
      sumParts(parts, output),
    ];
  },
};

const backwardInputBlocks: BackwardInput = {
  name: 'blocks',
  madeFor: 'drivers that keep arrays in memory',
  rank: 1,
  does: 'four rows an invocation, in variables with names and no arrays; four invocations share what they load of the gradients',
  supports: hasSubgroups,
  dispatches: (a, bindings) => [
    {
      shader: 'dense_backward_input.blocks',
      bindings,
      params: a,
      workgroups: [Math.ceil(a.features / TILE), Math.ceil(a.batch / BLOCK_ROWS), 1],
      writers: {
        dInput: element => {
          const { row, column } = cell(element, a.batch, a.features);
          return at(column, Math.floor(row / BLOCK_ROWS), 0, 'It computes one feature of four rows.');
        },
      },
    },
  ],
};

/** Features of a workgroup in dense_backward_kernel.blocks: enough to pay for loading the gradients, few enough to make many groups. */
const FEATURES = 64;

const backwardKernelBlocks: BackwardKernel = {
  name: 'blocks',
  madeFor: 'drivers that keep arrays in memory',
  rank: 1,
  does: 'twelve rows of gradients in variables with names and no arrays; four invocations share what they load of the inputs',
  supports: hasSubgroups,
  dispatches: (a, bindings) => [
    {
      shader: 'dense_backward_kernel.blocks',
      bindings,
      params: { ...a, featuresPerGroup: FEATURES },
      workgroups: [Math.ceil(a.units / TILE), Math.ceil(a.features / FEATURES), 1],
      writers: {
        dKernel: element => {
          const { row, column } = cell(element, a.features, a.units);
          return at(column, Math.floor(row / FEATURES), 0, 'It computes a column of the gradients.');
        },
        dBias: unit => at(unit, 0, 0, "It computes a column of the kernel's gradients too."),
      },
    },
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
    rows,
    columns,
    constants: { LANES: subgroupSize, ROWS: rows, COLUMNS: columns },
    groups: [Math.ceil(all / columns), Math.ceil(a.batch / rows)] as const,
    placeOf: (column: number, group: number, part: number, note: string): Place => at(column, group, part, note, subgroupSize, columns),
  };
}

const forwardLanes: Forward = {
  name: 'lanes',
  madeFor: 'drivers whose loads cost most',
  rank: 3,
  does: 'a workgroup is one subgroup: an input is loaded by one lane and passed round to all, sums of several units stay in registers',
  supports: hasSubgroups,
  dispatches: (a, { output, ...inputs }, scratch, adapter) => {
    const { constants, groups, rows, columns, placeOf } = byLanes(a, a.units, MOST_COLUMNS, adapter);
    const { count, length } = cut(a.features, groups[0] * groups[1]);
    const parts = scratch('parts', { shape: [count, a.batch * a.units] });
    return [
      {
        shader: 'dense_forward.lanes',
        bindings: { ...inputs, parts },
        params: { ...a, featuresPerPart: length },
        constants,
        workgroups: [...groups, count],
        writers: {
          parts: element => {
            const { part, row, column } = cell(element, a.batch, a.units);
            return placeOf(column, Math.floor(row / rows), part, partOf(`${rows} rows of ${columns} units`));
          },
        },
      },
      sumParts(parts, output),
    ];
  },
};

const backwardInputLanes: BackwardInput = {
  name: 'lanes',
  madeFor: 'drivers whose loads cost most',
  rank: 3,
  does: 'a workgroup is one subgroup: a gradient is loaded by one lane and passed round to all, each weight is loaded once',
  supports: hasSubgroups,
  dispatches: (a, bindings, _, adapter) => {
    const { constants, groups, rows, columns, placeOf } = byLanes(a, a.features, MOST_COLUMNS_APART, adapter);
    return [
      {
        shader: 'dense_backward_input.lanes',
        bindings,
        params: a,
        constants,
        workgroups: [...groups, 1],
        writers: {
          dInput: element => {
            const { row, column } = cell(element, a.batch, a.features);
            return placeOf(column, Math.floor(row / rows), 0, `It computes ${columns} features of ${rows} rows.`);
          },
        },
      },
    ];
  },
};

/** Features of a workgroup in dense_backward_kernel.lanes, which has more gradients to load than dense_backward_kernel.blocks. */
const LANES_GROUP_FEATURES = 256;

const backwardKernelLanes: BackwardKernel = {
  name: 'lanes',
  madeFor: 'drivers whose loads cost most',
  rank: 3,
  does: 'a workgroup is one subgroup: an input is loaded by one lane and passed round to all, gradients of several columns stay in registers',
  supports: hasSubgroups,
  dispatches: (a, bindings, _, adapter) => {
    const { constants, groups, columns, placeOf } = byLanes(a, a.units, MOST_COLUMNS, adapter);
    return [
      {
        shader: 'dense_backward_kernel.lanes',
        bindings,
        params: a,
        constants: { ...constants, GROUP_FEATURES: LANES_GROUP_FEATURES },
        workgroups: [groups[0], Math.ceil(a.features / LANES_GROUP_FEATURES), 1],
        writers: {
          dKernel: element => {
            const { row, column } = cell(element, a.features, a.units);
            return placeOf(column, Math.floor(row / LANES_GROUP_FEATURES), 0, `It computes ${columns} columns of the gradients.`);
          },
          dBias: unit => placeOf(unit, 0, 0, `It computes ${columns} columns of the kernel's gradients too.`),
        },
      },
    ];
  },
};

export const dense = [
  kernels(denseForward, elementwise('dense_forward.naive', 'output'), forwardBlocks, forwardSplit, forwardLanes, forwardTiled),
  kernels(
    denseBackwardInput,
    elementwise('dense_backward_input.naive', 'dInput'),
    backwardInputBlocks,
    backwardInputTiled,
    backwardInputLanes,
  ),
  kernels(
    denseBackwardKernel,
    naive('dense_backward_kernel.naive', ({ features, units }) =>
      inOrder((features + 1) * units, { dKernel: element => element, dBias: unit => features * units + unit }),
    ),
    backwardKernelBlocks,
    backwardKernelTiled,
    backwardKernelLanes,
  ),
];
