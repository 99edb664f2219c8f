import { softmaxBackward, softmaxForward } from '../ops/softmax.js';
import { inOrder } from './launch.js';
import { kernels, naive } from './variant.js';

const WHOLE_ROW = 'It computes the whole row.';

export const softmax = [
  kernels(
    softmaxForward,
    naive('softmax_forward', ({ batch, units }) => inOrder(batch, { output: element => Math.floor(element / units) }, WHOLE_ROW)),
  ),
  kernels(
    softmaxBackward,
    naive('softmax_backward', ({ batch, units }) => inOrder(batch, { dInput: element => Math.floor(element / units) }, WHOLE_ROW)),
  ),
];
