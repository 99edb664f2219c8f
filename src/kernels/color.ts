import { brightnessOp, channelShiftOp, imageRangeOp } from '../ops/color.js';
import { workgroupEach } from './launch.js';
import { elementwise, kernels, naive } from './variant.js';

export const color = [
  kernels(
    imageRangeOp,
    naive('image_range', ({ batch }) => workgroupEach(batch, { range: element => Math.floor(element / 2) })),
  ),
  kernels(channelShiftOp, elementwise('channel_shift', 'output')),
  kernels(brightnessOp, elementwise('brightness', 'output')),
];
