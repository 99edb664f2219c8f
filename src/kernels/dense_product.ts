import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import type { Dense } from '../ops/dense.js';
import type { Place } from './launch.js';
import { cut, sumParts, sumTwoParts, TILED_WORKGROUPS } from './parts.js';
import { fitsTiled, type Tiling, tiled, tilingOf } from './tiles.js';
import type { Dispatch, Scratch, Variant } from './variant.js';

export type Forward = Variant<'input' | 'kernel' | 'bias' | 'output', Dense>;
export type BackwardInput = Variant<'dOutput' | 'kernel' | 'dInput', Dense>;
export type BackwardKernel = Variant<'input' | 'dOutput' | 'dKernel' | 'dBias', Dense>;

/** A product [rows, columns], the sum of `depth` terms each. */
interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** How far apart in memory the right operand's terms, and columns, lie: the left one is [rows, depth]. */
  readonly rightDepth: number;
  readonly rightColumn: number;
}

const tilingOfProduct = ({ rows, columns }: Pick<Product, 'rows' | 'columns'>): Tiling => tilingOf(rows, columns, 8);

/** Of the gradient of the kernel, whose sums run over the batch. */
const tilingOfKernel = ({ features, units }: Dense): Tiling => tilingOfProduct({ rows: features, columns: units });

const forwardProduct = ({ batch, features, units }: Dense): Product => ({
  ...{ rows: batch, columns: units, depth: features },
  ...{ rightDepth: units, rightColumn: 1 },
});

const backwardInputProduct = ({ batch, features, units }: Dense): Product => ({
  ...{ rows: batch, columns: features, depth: units },
  ...{ rightDepth: 1, rightColumn: units },
});

/** Terms that are brought into workgroup memory at a time; where a tile has few rows, fewer, or they would leave room for few subgroups. */
const DEPTH = 16;
const FLAT = { rows: 16, depth: 8 };

const constantsOf = ({ constants }: Tiling) => ({ ...constants, DEPTH: constants.ROWS > FLAT.rows ? DEPTH : FLAT.depth });

const writtenBy = (count: number, adding = 'sum_parts'): string =>
  count > 1 ? `for one part of the sum; ${adding} adds them up` : 'of the product';

/** The product by tiles, its sum cut into parts where few tiles would keep a device busy. */
function multiplied(
  product: Product,
  { left, right, bias }: { readonly left: Tensor; readonly right: Tensor; readonly bias?: Tensor },
  output: Tensor,
  scratch: Scratch,
): readonly Dispatch[] {
  const { rows, columns, depth, rightDepth } = product;
  const tiling = tilingOfProduct(product);
  const { count, length } = cut(depth, sizeOf(tiling.groups), TILED_WORKGROUPS);
  const parts = count > 1 ? scratch('parts', { shape: [count, rows, columns] }) : output;
  return [
    {
      shader: 'dense_product.tiled',
      // Where there is no bias, something is bound for it.
      bindings: { left, right, bias: bias ?? right, parts },
      params: { ...product, depthPerPart: length, biased: bias ? 1 : 0 },
      constants: { ...constantsOf(tiling), RIGHT_BY_DEPTH: Number(rightDepth === 1) },
      ...tiled(tiling, 'parts', rows, columns, writtenBy(count), count),
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
  supports: (a, adapter) => fitsTiled(tilingOfKernel(a), adapter),
  dispatches: (a, { input, dOutput, dKernel, dBias }, scratch) => {
    const tiling = tilingOfKernel(a);
    const { count, length } = cut(a.batch, sizeOf(tiling.groups), TILED_WORKGROUPS);
    const isCut = count > 1;
    const parts = isCut ? scratch('parts', { shape: [count, a.features, a.units] }) : dKernel;
    const biasParts = isCut ? scratch('biasParts', { shape: [count, a.units] }) : dBias;
    const product = tiled(tiling, 'parts', a.features, a.units, writtenBy(count, 'sum_two_parts'), count);
    // The invocation that has a unit's first feature has its bias too.
    const biasWriter = (element: number): Place => ({
      ...product.writers.parts!(Math.floor(element / a.units) * a.features * a.units + (element % a.units)),
      note: 'It adds up the gradients of four units, besides its part of the product.',
    });
    return [
      {
        shader: 'dense_backward_kernel.tiled',
        bindings: { input, dOutput, parts, biasParts },
        params: { ...a, batchPerPart: length },
        constants: constantsOf(tiling),
        workgroups: product.workgroups,
        writers: { ...product.writers, biasParts: biasWriter },
      },
      ...(isCut ? [sumTwoParts([parts, dKernel], [biasParts, dBias])] : []),
    ];
  },
};
