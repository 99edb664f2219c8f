import type { Conv2d } from '../../ops/conv2d.js';
import { F2, F4, fromPositions, output4, tilesOf, toPositions, transformInput, transformOf } from './winograd.js';
import { convolve, fits, withEachProduct } from './winograd_product.js';
import { multiplyRows } from './winograd_weights.js';

const TILES_OF_2 = 'F(2x2): 2.25 times fewer products than a direct sum, by transforms of tiles';
const TILES_OF_4 = 'F(4x4): 4 times fewer products than a direct sum, by transforms of tiles';

export const forwardWinograd = withEachProduct<'input' | 'kernel' | 'bias' | 'output', Conv2d>(
  { ...F2, rank: 2, does: TILES_OF_2 },
  product => ({
    supports: (a, adapter) => fits(F2, a, adapter, product),
    dispatches: (a, { input, kernel, bias, output }, scratch, adapter) => {
      const { batch, outputHeight, outputWidth } = a;
      const tiles = tilesOf(F2, batch, outputHeight, outputWidth);
      const seen = { input, kernel, tiles, padTop: a.padTop, padLeft: a.padLeft, turned: false };
      const { dispatches, products } = convolve(F2, a, seen, scratch, adapter, product);
      return [
        ...dispatches,
        {
          shader: 'winograd2_output',
          bindings: { products, bias, output },
          params: { batch, height: outputHeight, width: outputWidth, quads: a.filters / 4, tilesHigh: tiles.high, tilesWide: tiles.wide },
          ...fromPositions('output', F2, tiles, output),
        },
      ];
    },
  }),
);

export const backwardInputWinograd = withEachProduct<'dOutput' | 'kernel' | 'dInput', Conv2d>(
  { ...F4, rank: 2, does: TILES_OF_4 },
  product => ({
    supports: (a, adapter) => fits(F4, a, adapter, product),
    dispatches: (a, { dOutput, kernel, dInput }, scratch, adapter) => {
      const tiles = tilesOf(F4, a.batch, a.height, a.width);
      // The first row of the input is seen by outputs from 2 rows above it on, less what was padded.
      const seen = { input: dOutput, kernel, tiles, padTop: 2 - a.padTop, padLeft: 2 - a.padLeft, turned: true };
      const { dispatches, products } = convolve(F4, a, seen, scratch, adapter, product);
      return [...dispatches, output4(products, dInput, tiles, product)];
    },
  }),
);

export const backwardKernelWinograd = withEachProduct<'input' | 'dOutput' | 'dKernel', Conv2d>(
  { ...F4, rank: 2, does: TILES_OF_4 },
  product => ({
    supports: (a, adapter) => fits(F4, a, adapter, product),
    dispatches: (a, { input, dOutput, dKernel }, scratch, adapter) => {
      const { batch, outputHeight, outputWidth } = a;
      const tiles = tilesOf(F4, batch, outputHeight, outputWidth);
      const patches = transformInput(F4, input, tiles, a, scratch, product);
      const gradients = scratch('gradient positions', { shape: [F4.positions, tiles.count, a.filters] });
      const { shader, params } = transformOf(product, 'winograd4_gradient', 'filters', a.filters);
      return [
        patches.dispatch,
        {
          shader,
          bindings: { dOutput, transformed: gradients },
          params: { batch, height: outputHeight, width: outputWidth, ...params, tilesHigh: tiles.high, tilesWide: tiles.wide },
          ...toPositions(tiles, a.filters, product),
        },
        ...multiplyRows(patches.transformed, gradients, { dKernel }, scratch, adapter, product),
      ];
    },
  }),
);
