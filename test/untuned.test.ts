import { expect, test } from 'vitest';
import { Graph } from '../src/engine/graph.js';
import { dilatedWindow2d } from '../src/engine/shape.js';
import { untuned } from '../src/gpu/tune.js';
import { kernelsOf } from '../src/kernels/index.js';
import type { AdapterKind, AdapterTraits, BoundVariant, MadeFor } from '../src/kernels/variant.js';
import { conv2dBackwardInput } from '../src/ops/conv2d.js';

const variant = (name: string, madeFor: MadeFor, wastes = false): BoundVariant =>
  ({ name, madeFor, wastes, rank: 0, does: '', supports: () => true, dispatches: () => [] }) as BoundVariant;

const ADAPTER: AdapterTraits = { kind: 'GPUs', subgroupSize: 32, maxInvocations: 256, maxBindingBytes: 2 ** 27 };

const NAIVE = variant('naive', 'any adapter');
const TILED = variant('tiled', 'GPUs');
const LANES = variant('lanes', 'drivers whose loads cost most');
const WASTEFUL = variant('tiled', 'GPUs', true);
const COLUMNS = variant('columns', 'drivers that keep arrays in memory');

test('untuned, the last variant that is made for the adapter is taken, and on drivers that keep arrays in memory no other than the naive one', () => {
  const cases: readonly (readonly [AdapterKind, readonly BoundVariant[], BoundVariant])[] = [
    ['GPUs', [NAIVE, COLUMNS, TILED, LANES], TILED],
    ['GPUs', [NAIVE, COLUMNS], NAIVE],
    ['GPUs', [NAIVE, LANES], LANES],
    ['drivers whose loads cost most', [NAIVE, TILED, LANES], LANES],
    ['drivers whose loads cost most', [NAIVE, TILED], TILED],
    ['GPUs', [NAIVE, WASTEFUL], NAIVE],
    ['drivers whose loads cost most', [NAIVE, WASTEFUL], NAIVE],
    ['drivers that keep arrays in memory', [NAIVE, COLUMNS, TILED], COLUMNS],
    ['drivers that keep arrays in memory', [NAIVE, TILED, LANES], NAIVE],
  ];
  for (const [kind, supported, wanted] of cases) expect(untuned(supported, kind).name, kind).toBe(wanted.name);
});

test('untuned, a product of a few channels is not computed in tiles that it leaves empty', () => {
  const picked = (channels: number): string => {
    const graph = new Graph();
    const a = { ...dilatedWindow2d('test', [1, 30, 30, channels], { kernel: [3, 3], strides: [2, 2], padding: 'valid' }), filters: 100 };
    const dOutput = graph.input('dOutput', [1, a.outputHeight, a.outputWidth, a.filters]);
    const kernel = graph.input('kernel', [3, 3, channels, a.filters]);
    const node = graph.add(conv2dBackwardInput, { dOutput, kernel }, a).dInput.producer!;
    const supported = kernelsOf(node).filter(each => each.supports(ADAPTER));
    return untuned(supported, ADAPTER.kind).name;
  };
  expect([3, 12, 20, 64].map(picked)).toEqual(['naive', 'naive', 'tiled', 'tiled']);
});
