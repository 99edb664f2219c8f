import type { DilatedWindow2d } from '../engine/shape.js';
import { biasBackward } from './bias.js';
import { conv2dBackwardInput, conv2dBackwardKernel, conv2dForward } from './conv2d.js';
import type { Floats } from './values.js';

type Conv2dPool = DilatedWindow2d & { readonly filters: number; readonly pooledHeight: number; readonly pooledWidth: number };

/** Code of a window that relu shut, and codes in a word, 4 bits each. */
const DEAD = 4;
const CODES_PER_WORD = 8;

/**
 * Convolution, bias, relu and 2x2 max pooling: output [batch, pooledHeight, pooledWidth, filters], and of each window the place of its winner, or DEAD:
 * codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)].
 */
export function conv2dPoolForward(
  { input, kernel, bias, output, codes }: Record<'input' | 'kernel' | 'bias' | 'output', Floats> & { codes: Uint32Array },
  a: Conv2dPool,
): void {
  const map = emptyMap(a, output);
  conv2dForward({ input, kernel, bias, output: map }, a);
  codes.fill(0x44444444);
  forEachWindow(a, (position, pixels) => {
    for (let f = 0; f < a.filters; f++) {
      let winner = 0;
      for (let place = 1; place < 4; place++) if (map[pixels[place]! + f]! > map[pixels[winner]! + f]!) winner = place;
      const best = map[pixels[winner]! + f]!;
      output[position * a.filters + f] = Math.max(best, 0);
      if (best > 0) setCode(codes, a, position, f, winner);
    }
  });
}

/** dInput of the convolution from the gradient of what was pooled. */
export function conv2dPoolBackwardInput(
  { dOutput, codes, kernel, dInput }: Record<'dOutput' | 'kernel' | 'dInput', Floats> & { codes: Uint32Array },
  a: Conv2dPool,
): void {
  conv2dBackwardInput({ dOutput: decode(dOutput, codes, a), kernel, dInput }, a);
}

/** dKernel and dBias of the convolution from the gradient of what was pooled. */
export function conv2dPoolBackwardKernel(
  { input, dOutput, codes, dKernel, dBias }: Record<'input' | 'dOutput' | 'dKernel' | 'dBias', Floats> & { codes: Uint32Array },
  a: Conv2dPool,
): void {
  const dMap = decode(dOutput, codes, a);
  conv2dBackwardKernel({ input, dOutput: dMap, dKernel }, a);
  biasBackward({ dOutput: dMap, dBias }, { rows: dMap.length / a.filters, units: a.filters });
}

/** The gradient of the whole map: that of a window at its winner's place, 0 elsewhere. */
function decode(dOutput: Floats, codes: Uint32Array, a: Conv2dPool): Floats {
  const dMap = emptyMap(a, dOutput);
  forEachWindow(a, (position, pixels) => {
    for (let f = 0; f < a.filters; f++) {
      const code = codeOf(codes, a, position, f);
      if (code < DEAD) dMap[pixels[code]! + f] = dOutput[position * a.filters + f]!;
    }
  });
  return dMap;
}

function emptyMap(a: Conv2dPool, like: Floats): Floats {
  const size = a.batch * a.outputHeight * a.outputWidth * a.filters;
  return like instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
}

/** Calls `visit` for each window with its number and the index of map[n, y, x, 0] for each of its four places. */
function forEachWindow(a: Conv2dPool, visit: (position: number, pixels: readonly number[]) => void): void {
  for (let n = 0; n < a.batch; n++) {
    for (let y = 0; y < a.pooledHeight; y++) {
      for (let x = 0; x < a.pooledWidth; x++) {
        const at = (i: number, j: number): number => ((n * a.outputHeight + 2 * y + i) * a.outputWidth + 2 * x + j) * a.filters;
        visit((n * a.pooledHeight + y) * a.pooledWidth + x, [at(0, 0), at(0, 1), at(1, 0), at(1, 1)]);
      }
    }
  }
}

const wordOf = (a: Conv2dPool, position: number, f: number): number =>
  position * Math.ceil(a.filters / CODES_PER_WORD) + Math.floor(f / CODES_PER_WORD);

function codeOf(codes: Uint32Array, a: Conv2dPool, position: number, f: number): number {
  return (codes[wordOf(a, position, f)]! >>> (4 * (f % CODES_PER_WORD))) & 15;
}

/** Writes a code over DEAD. */
function setCode(codes: Uint32Array, a: Conv2dPool, position: number, f: number, code: number): void {
  codes[wordOf(a, position, f)]! ^= (DEAD ^ code) << (4 * (f % CODES_PER_WORD));
}
