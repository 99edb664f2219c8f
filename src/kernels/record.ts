import { recordOp } from '../ops/record.js';
import { kernels, naive } from './variant.js';

const only = () => ({ group: [0, 0, 0], lane: 0, size: 1, note: '' }) as const;

export const record = [
  kernels(
    recordOp,
    naive('record', () => ({ workgroups: [1, 1, 1], writers: { gate: only, history: only, faults: only } })),
  ),
];
