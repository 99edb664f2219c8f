import { spread, type Variant } from '../engine/op.js';
import { type Conv2dPool, poolBiasBackward } from './conv2d_pool_bias.js';
import {
  convolve,
  F2,
  F4,
  fits,
  multiply,
  multiplyRows,
  named,
  type Product,
  tilesOf,
  transformInput,
  transformKernel,
} from './winograd.js';

export const forwardWinograd = (product: Product): Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> => ({
  ...named(product),
  supports: (a, adapter) => fits(F2, a, adapter),
  dispatches: (a, { input, kernel, bias, output, codes }, scratch, adapter) => {
    // A tile is a pooling window.
    const tiles = tilesOf(F2, a.batch, 2 * a.pooledHeight, 2 * a.pooledWidth);
    const seen = { input, kernel, tiles, padTop: a.padTop, padLeft: a.padLeft, turned: false };
    const { dispatches, products } = convolve(F2, a, seen, scratch, adapter, product);
    return [
      ...dispatches,
      {
        shader: 'winograd2_output_pool',
        bindings: { products, bias, output, codes },
        params: { windows: tiles.count, quads: a.filters / 4 },
        workgroups: spread(tiles.count * Math.ceil(a.filters / 8)),
      },
    ];
  },
});

export const forwardWinograd4 = (product: Product): Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> => ({
  ...named(product),
  name: product === 'lanes' ? 'winograd4' : 'winograd4_blocks',
  supports: (a, adapter) => fits(F4, a, adapter),
  dispatches: (a, { input, kernel, bias, output, codes }, scratch, adapter) => {
    const { batch, pooledHeight, pooledWidth } = a;
    // A tile is 2 by 2 pooling windows.
    const tiles = tilesOf(F4, batch, 2 * pooledHeight, 2 * pooledWidth);
    const seen = { input, kernel, tiles, padTop: a.padTop, padLeft: a.padLeft, turned: false };
    const { dispatches, products } = convolve(F4, a, seen, scratch, adapter, product);
    return [
      ...dispatches,
      {
        shader: 'winograd4_output_pool',
        bindings: { products, bias, output, codes },
        params: { batch, pooledHeight, pooledWidth, quads: a.filters / 4, tilesHigh: tiles.high, tilesWide: tiles.wide },
        workgroups: spread(tiles.count * Math.ceil(a.filters / 8)),
      },
    ];
  },
});

export const backwardInputWinograd = (product: Product): Variant<'dOutput' | 'codes' | 'kernel' | 'dInput', Conv2dPool> => ({
  ...named(product),
  // Patches begin at a pooling window only where the convolution has no padding.
  supports: (a, adapter) => fits(F4, a, adapter) && a.padTop === 0 && a.padLeft === 0,
  dispatches: (a, { dOutput, codes, kernel, dInput }, scratch, adapter) => {
    const { batch, height, width, pooledHeight, pooledWidth } = a;
    const tiles = tilesOf(F4, batch, height, width);
    const grid = { tilesHigh: tiles.high, tilesWide: tiles.wide };
    const weights = transformKernel(F4, a, kernel, scratch, { turned: true });
    const patches = scratch('patch positions', { shape: [F4.positions, tiles.count, a.filters] });
    const { dispatch, products } = multiply(patches, weights.transformed, scratch, adapter, product);
    return [
      weights.dispatch,
      {
        shader: 'winograd4_input_pooled',
        bindings: { dOutput, codes, transformed: patches },
        params: { batch, pooledHeight, pooledWidth, quads: a.filters / 4, ...grid },
        workgroups: spread((tiles.count * a.filters) / 4),
      },
      dispatch,
      {
        shader: 'winograd4_output',
        bindings: { products, output: dInput },
        params: { batch, height, width, quads: a.channels / 4, ...grid },
        workgroups: spread((tiles.count * a.channels) / 4),
      },
    ];
  },
});

export const backwardKernelWinograd = (product: Product): Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> => ({
  ...named(product),
  supports: (a, adapter) => fits(F4, a, adapter),
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch, adapter) => {
    const { batch, pooledHeight, pooledWidth } = a;
    // A tile is 2 by 2 pooling windows.
    const tiles = tilesOf(F4, batch, 2 * pooledHeight, 2 * pooledWidth);
    const patches = transformInput(F4, input, tiles, a, scratch);
    const gradients = scratch('gradient positions', { shape: [F4.positions, tiles.count, a.filters] });
    return [
      patches.dispatch,
      {
        shader: 'winograd4_gradient_pooled',
        bindings: { dOutput, codes, transformed: gradients },
        params: { batch, pooledHeight, pooledWidth, quads: a.filters / 4, tilesHigh: tiles.high, tilesWide: tiles.wide },
        workgroups: spread((tiles.count * a.filters) / 4),
      },
      ...multiplyRows(patches.transformed, gradients, dKernel, scratch, adapter, product),
      poolBiasBackward(a, dOutput, codes, dBias),
    ];
  },
});
