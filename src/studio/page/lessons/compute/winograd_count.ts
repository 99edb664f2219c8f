import type { Window2d } from '../../../../engine/shape.js';
import { F2, F4, tilesOf, type Winograd } from '../../../../kernels/conv2d/winograd.js';
import type { ConvolutionWay } from '../../../protocol.js';

/** Multiplications of a 3x3 convolution of one picture, by way of computing it. */
export interface Products {
  readonly way: ConvolutionWay;
  readonly tiles: number;
  /** Of the sums over channels; the transforms around them are additions and a few products by constants. */
  readonly products: number;
  /** Direct products for each of these. */
  readonly saving: number;
}

type Size = Pick<Window2d, 'outputHeight' | 'outputWidth' | 'channels'> & { readonly filters: number };

const FORMS: readonly (readonly [Products['way'], Winograd])[] = [
  ['F(2×2)', F2],
  ['F(4×4)', F4],
];

/** Each way's multiplications; tiles at the edge are computed whole, which costs small pictures some of the saving. */
export function countProducts({ outputHeight, outputWidth, channels, filters }: Size): readonly Products[] {
  const outputs = outputHeight * outputWidth;
  const direct = 9 * outputs * channels * filters;
  const fast = FORMS.map(([way, form]): Products => {
    const tiles = tilesOf(form, 1, outputHeight, outputWidth).count;
    const products = form.positions * tiles * channels * filters;
    return { way, tiles, products, saving: direct / products };
  });
  return [{ way: 'direct', tiles: outputs, products: direct, saving: 1 }, ...fast];
}

/** Two neighbouring outputs of a convolution in one dimension. */
export interface OneDimension {
  readonly direct: readonly [number, number];
  /** The four products of F(2, 3). */
  readonly products: readonly [number, number, number, number];
  readonly winograd: readonly [number, number];
}

/**
 * F(2, 3): two outputs of a kernel of three from four inputs, by six products and by Winograd's four.
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", section 4.1, https://arxiv.org/abs/1509.09308
 */
export function winogradTwoOutputs(
  [d0, d1, d2, d3]: readonly [number, number, number, number],
  [g0, g1, g2]: readonly [number, number, number],
): OneDimension {
  const products = [(d0 - d2) * g0, ((d1 + d2) * (g0 + g1 + g2)) / 2, ((d2 - d1) * (g0 - g1 + g2)) / 2, (d1 - d3) * g2] as const;
  const [m1, m2, m3, m4] = products;
  return {
    direct: [d0 * g0 + d1 * g1 + d2 * g2, d1 * g0 + d2 * g1 + d3 * g2],
    products,
    winograd: [m1 + m2 + m3, m2 - m3 - m4],
  };
}
