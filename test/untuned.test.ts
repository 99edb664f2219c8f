import { expect, test } from 'vitest';
import { untuned } from '../src/gpu/tune.js';
import type { AdapterKind, BoundVariant, MadeFor } from '../src/kernels/variant.js';

const variant = (name: string, madeFor: MadeFor): BoundVariant =>
  ({ name, madeFor, rank: 0, does: '', supports: () => true, dispatches: () => [] }) as BoundVariant;

const NAIVE = variant('naive', 'any adapter');
const TILED = variant('tiled', 'GPUs');
const LANES = variant('lanes', 'drivers whose loads cost most');
const COLUMNS = variant('columns', 'drivers that keep arrays in memory');

test('untuned, the last variant that is made for the adapter is taken, and on drivers that keep arrays in memory no other than the naive one', () => {
  const cases: readonly (readonly [AdapterKind, readonly BoundVariant[], BoundVariant])[] = [
    ['GPUs', [NAIVE, COLUMNS, TILED, LANES], TILED],
    ['GPUs', [NAIVE, COLUMNS], NAIVE],
    ['GPUs', [NAIVE, LANES], LANES],
    ['drivers whose loads cost most', [NAIVE, TILED, LANES], LANES],
    ['drivers whose loads cost most', [NAIVE, TILED], TILED],
    ['drivers that keep arrays in memory', [NAIVE, COLUMNS, TILED], COLUMNS],
    ['drivers that keep arrays in memory', [NAIVE, TILED, LANES], NAIVE],
  ];
  for (const [kind, supported, wanted] of cases) expect(untuned(supported, kind).name, kind).toBe(wanted.name);
});
