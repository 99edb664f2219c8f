import { channelDropoutOp, dropoutApply, dropoutMaskOp } from '../ops/dropout.js';
import { inOrder } from './launch.js';
import { elementwise, kernels, naive } from './variant.js';

/** Random words that are drawn together: see shaders/dropout_mask.wgsl. */
const BLOCK = 4;

export const dropout = [
  kernels(
    dropoutMaskOp,
    naive('dropout_mask', ({ size, offset }) => {
      const before = offset % BLOCK;
      const invocations = Math.ceil((size + before) / BLOCK);
      return inOrder(invocations, { mask: element => Math.floor((element + before) / BLOCK) }, 'It draws four numbers at once.');
    }),
  ),
  kernels(dropoutApply, elementwise('dropout_apply', 'output')),
  kernels(channelDropoutOp, elementwise('channel_dropout', 'output')),
];
