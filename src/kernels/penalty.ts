import { type Penalty, penaltyBackwardOp, penaltyForwardOp } from '../ops/penalty.js';
import { oneWorkgroup, workgroupEach } from './launch.js';
import { cut, sumParts } from './parts.js';
import { elementwise, kernels, naive, type Variant } from './variant.js';

const parts: Variant<'weight' | 'penalty', Penalty> = {
  name: 'parts',
  madeFor: 'any adapter',
  rank: 1,
  does: 'cuts the sum into parts, a workgroup each',
  supports: ({ size }) => cut(size, 1).count > 1,
  dispatches({ size, l1, l2 }, { weight, penalty }, scratch) {
    const { count, length } = cut(size, 1);
    const sums = scratch('parts', { shape: [count, 1] });
    return [
      {
        shader: 'penalty_forward.parts',
        bindings: { weight, parts: sums },
        params: { size, length, l1, l2 },
        ...workgroupEach(count, { parts: part => part }),
      },
      sumParts(sums, penalty),
    ];
  },
};

export const penalty = [
  kernels(
    penaltyForwardOp,
    naive('penalty_forward.naive', () => oneWorkgroup('penalty')),
    parts,
  ),
  kernels(penaltyBackwardOp, elementwise('penalty_backward', 'dWeight')),
];
