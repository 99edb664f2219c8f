import { dropoutBackward, dropoutForward } from '../ops/dropout.js';
import { cell, inOrder, type Launch } from './launch.js';
import { elementwise, kernels, naive } from './variant.js';

/** Random words that are drawn together, and places that an invocation multiplies by what it drew: see shaders/dropout_forward.wgsl. */
const BLOCK = 4;
const PLACES_EACH = 16;

/** An invocation for each block of the mask, as many again for the next places, and so on. */
function launch({ size, places, channels, offset }: { size: number; places: number; channels: number; offset: number }): Launch {
  const before = offset % BLOCK;
  const blocks = Math.ceil((before + size) / BLOCK);
  const mask = (element: number): number => Math.floor((before + element) / BLOCK);
  const output = (element: number): number => {
    const { part, row, column } = cell(element, places, channels);
    return mask(part * channels + column) + Math.floor(row / PLACES_EACH) * blocks;
  };
  return inOrder(blocks * Math.ceil(places / PLACES_EACH), { mask, output }, 'It draws four factors at once.');
}

export const dropout = [
  kernels(dropoutForward, naive('dropout_forward', launch)),
  kernels(dropoutBackward, elementwise('dropout_backward', 'dInput')),
];
