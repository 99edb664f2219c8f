import { spread, type Variant } from '../engine/op.js';
import { type Conv2dPool, poolBiasBackward } from './conv2d_pool_bias.js';
import {
  fitsWinograd,
  multiply,
  multiplyRows,
  POSITIONS,
  tilesOf,
  transformInput,
  transformKernel,
  WINOGRAD_TOLERANCE,
} from './winograd.js';

const common = { name: 'winograd', tolerance: WINOGRAD_TOLERANCE } as const;

/** Tiles of the part of the map that is pooled: each is 2 by 2 windows. */
const mapTiles = (a: Conv2dPool) => tilesOf(a.batch, 2 * a.pooledHeight, 2 * a.pooledWidth);

export const forwardWinograd: Variant<'input' | 'kernel' | 'bias' | 'output' | 'codes', Conv2dPool> = {
  ...common,
  supports: fitsWinograd,
  dispatches: (a, { input, kernel, bias, output, codes }, scratch, adapter) => {
    const tiles = mapTiles(a);
    const weights = transformKernel(a, kernel, scratch, false);
    const patches = transformInput(input, tiles, a, scratch);
    const { dispatch, products } = multiply(patches.transformed, weights.transformed, scratch, adapter);
    const { batch, pooledHeight, pooledWidth } = a;
    return [
      weights.dispatch,
      patches.dispatch,
      dispatch,
      {
        shader: 'winograd_output_pool',
        bindings: { products, bias, output, codes },
        params: { batch, pooledHeight, pooledWidth, quads: a.filters / 4, tilesHigh: tiles.high, tilesWide: tiles.wide },
        workgroups: spread(tiles.count * Math.ceil(a.filters / 8)),
      },
    ];
  },
};

export const backwardInputWinograd: Variant<'dOutput' | 'codes' | 'kernel' | 'dInput', Conv2dPool> = {
  ...common,
  // Patches begin at a pooling window only where the convolution has no padding.
  supports: (a, adapter) => fitsWinograd(a, adapter) && a.padTop === 0 && a.padLeft === 0,
  dispatches: (a, { dOutput, codes, kernel, dInput }, scratch, adapter) => {
    const { batch, height, width, pooledHeight, pooledWidth } = a;
    const tiles = tilesOf(batch, height, width);
    const grid = { tilesHigh: tiles.high, tilesWide: tiles.wide };
    const weights = transformKernel(a, kernel, scratch, true);
    const patches = scratch('patch positions', { shape: [POSITIONS, tiles.count, a.filters] });
    const { dispatch, products } = multiply(patches, weights.transformed, scratch, adapter);
    return [
      weights.dispatch,
      {
        shader: 'winograd_input_pooled',
        bindings: { dOutput, codes, transformed: patches },
        params: { batch, pooledHeight, pooledWidth, quads: a.filters / 4, ...grid },
        workgroups: spread((tiles.count * a.filters) / 4),
      },
      dispatch,
      {
        shader: 'winograd_output',
        bindings: { products, output: dInput },
        params: { batch, height, width, quads: a.channels / 4, ...grid },
        workgroups: spread((tiles.count * a.channels) / 4),
      },
    ];
  },
};

export const backwardKernelWinograd: Variant<'input' | 'dOutput' | 'codes' | 'dKernel' | 'dBias', Conv2dPool> = {
  ...common,
  supports: fitsWinograd,
  dispatches: (a, { input, dOutput, codes, dKernel, dBias }, scratch, adapter) => {
    const { batch, pooledHeight, pooledWidth } = a;
    const tiles = mapTiles(a);
    const patches = transformInput(input, tiles, a, scratch);
    const gradients = scratch('gradient positions', { shape: [POSITIONS, tiles.count, a.filters] });
    return [
      patches.dispatch,
      {
        shader: 'winograd_gradient_pooled',
        bindings: { dOutput, codes, transformed: gradients },
        params: { batch, pooledHeight, pooledWidth, quads: a.filters / 4, tilesHigh: tiles.high, tilesWide: tiles.wide },
        workgroups: spread((tiles.count * a.filters) / 4),
      },
      ...multiplyRows(patches.transformed, gradients, dKernel, scratch, adapter),
      poolBiasBackward(a, dOutput, codes, dBias),
    ];
  },
};
