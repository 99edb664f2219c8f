import { sizeOf } from '../../engine/shape.js';
import type { Tensor } from '../../engine/tensor.js';
import type { Conv2dPool } from '../../ops/conv2d_pool.js';
import { inOrder, type Launch } from '../launch.js';
import { poolBiasBackward } from './pool_bias.js';
import { F4, output4, type Tiles, tilesOf, toPositions, transformInput, transformKernel, transformOf } from './winograd.js';
import { convolve, fits, multiply, withEachProduct } from './winograd_product.js';
import { multiplyRows } from './winograd_weights.js';

const FOUR_WINDOWS_A_TILE = 'F(4x4): 4 times fewer products than a direct sum; a tile is four pooling windows, so the map is never written';
const DECODED_TILES = "F(4x4): 4 times fewer products than a direct sum; the map's gradient is decoded as its tiles are transformed";

/** The launch of a transform back and pooling whose invocations each have eight filters of a tile of 2 by 2 windows. */
function toWindows(tiles: Tiles, output: Tensor, codes: Tensor): Launch {
  const [, height, width, filters] = output.shape as [number, number, number, number];
  const words = codes.shape.at(-1)!;
  const tileOf = (window: number): number => {
    const [n, y, x] = [Math.floor(window / (height * width)), Math.floor(window / width) % height, window % width];
    return (n * tiles.high + Math.floor(y / 2)) * tiles.wide + Math.floor(x / 2);
  };
  const numbers = {
    output: (element: number): number => tileOf(Math.floor(element / filters)) * words + Math.floor((element % filters) / 8),
    codes: (element: number): number => tileOf(Math.floor(element / words)) * words + (element % words),
  };
  const note = 'It adds up what the multiplications before made of a tile, which is four windows, for eight filters.';
  return inOrder(tiles.count * words, numbers, note);
}

/** The launch of one whose invocations each have eight filters of a window. */
function eachWindow(output: Tensor, codes: Tensor): Launch {
  const [filters, words] = [output.shape.at(-1)!, codes.shape.at(-1)!];
  const numbers = {
    output: (element: number): number => Math.floor(element / filters) * words + Math.floor((element % filters) / 8),
    codes: (element: number): number => element,
  };
  return inOrder(sizeOf(codes.shape), numbers, 'It adds up what the multiplications before made of a window, for eight filters.');
}

export const forwardWinograd = withEachProduct<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool>(
  { ...F4, rank: 4, does: FOUR_WINDOWS_A_TILE },
  product => ({
    supports: (a, adapter) => fits(F4, a, adapter, product),
    dispatches: (a, { input, kernel, bias, output, codes }, scratch, adapter) => {
      const { batch, pooledHeight, pooledWidth } = a;
      // A tile is 2 by 2 pooling windows.
      const tiles = tilesOf(F4, batch, 2 * pooledHeight, 2 * pooledWidth);
      const seen = { input, kernel, tiles, padTop: a.padTop, padLeft: a.padLeft, turned: false };
      const { dispatches, products } = convolve(F4, a, seen, scratch, adapter, product);
      const bindings = { products, bias, output, codes };
      const params = { pooledHeight, pooledWidth, quads: a.filters / 4, tilesHigh: tiles.high, tilesWide: tiles.wide };
      if (product === 'tiles') {
        const shader = 'winograd4_output_pool.windows';
        const windows = batch * pooledHeight * pooledWidth;
        return [...dispatches, { shader, bindings, params: { windows, tiles: tiles.count, ...params }, ...eachWindow(output, codes) }];
      }
      return [
        ...dispatches,
        { shader: 'winograd4_output_pool', bindings, params: { batch, ...params }, ...toWindows(tiles, output, codes) },
      ];
    },
  }),
);

export const backwardInputWinograd = withEachProduct<'dOutput' | 'codes' | 'kernel' | 'dInput', Conv2dPool>(
  { ...F4, rank: 2, does: DECODED_TILES },
  product => ({
    // Patches begin at a pooling window only where the convolution has no padding.
    supports: (a, adapter) => fits(F4, a, adapter, product) && a.padTop === 0 && a.padLeft === 0,
    dispatches: (a, { dOutput, codes, kernel, dInput }, scratch, adapter) => {
      const { batch, height, width, pooledHeight, pooledWidth } = a;
      const tiles = tilesOf(F4, batch, height, width);
      const weights = transformKernel(F4, a, kernel, scratch, { turned: true });
      const patches = scratch('patch positions', { shape: [F4.positions, tiles.count, a.filters] });
      const { dispatch, products } = multiply(patches, weights.transformed, scratch, adapter, product);
      const { shader, params } = transformOf(product, 'winograd4_input_pooled', 'filters', a.filters);
      return [
        weights.dispatch,
        {
          shader,
          bindings: { dOutput, codes, transformed: patches },
          params: { batch, pooledHeight, pooledWidth, ...params, tilesHigh: tiles.high, tilesWide: tiles.wide },
          ...toPositions(tiles, a.filters, product),
        },
        dispatch,
        output4(products, dInput, tiles, product),
      ];
    },
  }),
);

export const backwardKernelWinograd = withEachProduct<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool>(
  { ...F4, rank: 4, does: DECODED_TILES },
  product => ({
    supports: (a, adapter) => fits(F4, a, adapter, product),
    dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch, adapter) => {
      const { batch, pooledHeight, pooledWidth } = a;
      // A tile is 2 by 2 pooling windows.
      const tiles = tilesOf(F4, batch, 2 * pooledHeight, 2 * pooledWidth);
      const patches = transformInput(F4, input, tiles, a, scratch, product);
      const gradients = scratch('gradient positions', { shape: [F4.positions, tiles.count, a.filters] });
      const { shader, params } = transformOf(product, 'winograd4_gradient_pooled', 'filters', a.filters);
      return [
        patches.dispatch,
        {
          shader,
          bindings: { dOutput, codes, transformed: gradients },
          params: { batch, pooledHeight, pooledWidth, ...params, tilesHigh: tiles.high, tilesWide: tiles.wide },
          ...toPositions(tiles, a.filters, product),
        },
        ...multiplyRows(patches.transformed, gradients, { dKernel, dBias }, scratch, adapter, product),
        ...(product === 'tiles' ? [] : poolBiasBackward(a, dOutput, codes, dBias, scratch)),
      ];
    },
  }),
);
