import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import type { Dense } from '../ops/dense.js';
import { cut, sumParts, TILED_WORKGROUPS } from './parts.js';
import { fitsTiled, type Tiling, tiled, tilingOf } from './tiles.js';
import type { Dispatch, Scratch, Variant } from './variant.js';

export type Forward = Variant<'input' | 'kernel' | 'bias' | 'output', Dense>;
export type BackwardInput = Variant<'dOutput' | 'kernel' | 'dInput', Dense>;
export type BackwardKernel = Variant<'input' | 'dOutput' | 'dKernel', Dense>;

/** A product [rows, columns], the sum of `depth` terms each. */
interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** How far apart in memory the operands' rows, or columns, and terms lie. */
  readonly leftRow: number;
  readonly leftDepth: number;
  readonly rightDepth: number;
  readonly rightColumn: number;
}

const tilingOfProduct = ({ rows, columns }: Product): Tiling => tilingOf(rows, columns, 8);

const forwardProduct = ({ batch, features, units }: Dense): Product => ({
  ...{ rows: batch, columns: units, depth: features },
  ...{ leftRow: features, leftDepth: 1, rightDepth: units, rightColumn: 1 },
});

const backwardInputProduct = ({ batch, features, units }: Dense): Product => ({
  ...{ rows: batch, columns: features, depth: units },
  ...{ leftRow: units, leftDepth: 1, rightDepth: 1, rightColumn: units },
});

const backwardKernelProduct = ({ batch, features, units }: Dense): Product => ({
  ...{ rows: features, columns: units, depth: batch },
  ...{ leftRow: 1, leftDepth: features, rightDepth: units, rightColumn: 1 },
});

/** Terms that are brought into workgroup memory at a time; where a tile has few rows, fewer, or they would leave room for few subgroups. */
const DEPTH = 16;
const FLAT = { rows: 16, depth: 8 };

/** The product by tiles, its sum cut into parts where few tiles would keep a device busy. */
function multiplied(
  product: Product,
  { left, right, bias }: { readonly left: Tensor; readonly right: Tensor; readonly bias?: Tensor },
  output: Tensor,
  scratch: Scratch,
): readonly Dispatch[] {
  const { rows, columns, depth, leftDepth, rightDepth } = product;
  const tiling = tilingOfProduct(product);
  const { count, length } = cut(depth, sizeOf(tiling.groups), TILED_WORKGROUPS);
  const parts = count > 1 ? scratch('parts', { shape: [count, rows, columns] }) : output;
  return [
    {
      shader: 'dense_product.tiled',
      // Where there is no bias, something is bound for it.
      bindings: { left, right, bias: bias ?? right, parts },
      params: { ...product, depthPerPart: length, biased: bias ? 1 : 0 },
      constants: {
        ...tiling.constants,
        DEPTH: tiling.constants.ROWS > FLAT.rows ? DEPTH : FLAT.depth,
        LEFT_BY_DEPTH: Number(leftDepth === 1),
        RIGHT_BY_DEPTH: Number(rightDepth === 1),
      },
      ...tiled(tiling, 'parts', rows, columns, count > 1 ? 'for one part of the sum; sum_parts adds them up' : 'of the product', count),
    },
    ...(count > 1 ? [sumParts(parts, output)] : []),
  ];
}

const BY_TILES = {
  name: 'tiled',
  madeFor: 'GPUs',
  does: 'a matrix product by tiles in workgroup memory: a number loaded once is used for a whole row or column of a tile',
} as const;

/** Rows of a batch below which tiles, of 8 rows an invocation, are less than half full. */
const FEW_ROWS = 32;

export const forwardTiled: Forward = {
  ...BY_TILES,
  rank: 4,
  supports: (a, adapter) => fitsTiled(tilingOfProduct(forwardProduct(a)), adapter),
  wastes: ({ batch }) => batch < FEW_ROWS,
  dispatches: (a, { input, kernel, bias, output }, scratch) =>
    multiplied(forwardProduct(a), { left: input, right: kernel, bias }, output, scratch),
};

export const backwardInputTiled: BackwardInput = {
  ...BY_TILES,
  rank: 2,
  supports: (a, adapter) => fitsTiled(tilingOfProduct(backwardInputProduct(a)), adapter),
  dispatches: (a, { dOutput, kernel, dInput }, scratch) =>
    multiplied(backwardInputProduct(a), { left: dOutput, right: kernel }, dInput, scratch),
};

export const backwardKernelTiled: BackwardKernel = {
  ...BY_TILES,
  rank: 2,
  supports: (a, adapter) => fitsTiled(tilingOfProduct(backwardKernelProduct(a)), adapter),
  dispatches: (a, { input, dOutput, dKernel }, scratch) =>
    multiplied(backwardKernelProduct(a), { left: input, right: dOutput }, dKernel, scratch),
};
