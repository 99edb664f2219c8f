import { clipNormOp, clipValueOp, squaredNormOp } from '../ops/clip.js';
import { workgroupEach } from './launch.js';
import { cut, sumParts } from './parts.js';
import { elementwise, kernels } from './variant.js';

export const clip = [
  kernels(clipValueOp, elementwise('clip_value', 'clipped')),
  kernels(clipNormOp, elementwise('clip_norm', 'clipped')),
  kernels(squaredNormOp, {
    name: 'naive',
    madeFor: 'any adapter',
    rank: 0,
    does: 'the sum in parts, and their sum',
    dispatches({ size }, { gradient, squaredNorm }, scratch) {
      const { count, length } = cut(size, 1);
      const parts = scratch('parts', { shape: [count, 1] });
      return [
        {
          shader: 'squared_norm',
          bindings: { gradient, parts },
          params: { size, length },
          ...workgroupEach(count, { parts: part => part }),
        },
        sumParts(parts, squaredNorm),
      ];
    },
  }),
];
