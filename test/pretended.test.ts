import { describe, expect, test } from 'vitest';
import { cases, labelOf } from '../src/check/cases.js';
import { checkCase } from '../src/check/run.js';
import { type Pretence, subgroupsOf } from '../src/gpu/adapter.js';
import { useGpu } from './helpers/gpu.js';

// Adapters that are not at hand: what each lacks, the device is made without, so that what a kernel takes nevertheless is refused.
const ADAPTERS: Readonly<Record<string, Pretence>> = {
  'that has what WebGPU promises and no more, and keeps arrays where this one does not': {
    without: ['subgroups', 'subgroup-size-control', 'timestamp-query'],
    leastLimits: true,
    kind: 'drivers that keep arrays in memory',
  },
  'whose subgroups are of 4 to 8 invocations, as Intel has 8 to 32 and AMD 32 to 64': { subgroupSizes: [4, 8] },
};

for (const [adapter, pretence] of Object.entries(ADAPTERS)) {
  describe(`every kernel gives what the CPU reference gives on an adapter ${adapter}`, () => {
    const gpu = useGpu({ guardBytes: 256, pretence });
    const isRange = pretence.subgroupSizes !== undefined;

    test('which is what the kernels are told', () => {
      const { subgroupSize, pinnedSubgroupSize, features } = gpu().traits;
      if (!isRange)
        expect({ subgroupSize, pinnedSubgroupSize, features: [...features] }).toEqual({
          subgroupSize: 0,
          pinnedSubgroupSize: 0,
          features: [],
        });
      else if (features.has('subgroup-size-control'))
        expect({ subgroupSize, pinnedSubgroupSize }).toEqual({ subgroupSize: 8, pinnedSubgroupSize: 8 });
      else console.log('not run: kernels that ask for a size of subgroups; this adapter has no subgroup-size-control');
    });

    // The others' kernels use no subgroups.
    const concerned = cases.filter(of => !isRange || /^(conv2d|dense)/.test(labelOf(of)));
    test.each(concerned.map(of => [labelOf(of), of] as const))('%s', async (_, of) => {
      const results = await checkCase(of, gpu());
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter(result => !result.ok)).toEqual([]);
    });
  });
}

test('kernels use subgroups where their size is known or can be asked for, by the usual size where there is a range', () => {
  const both = new Set(['subgroups', 'subgroup-size-control']);
  expect(subgroupsOf(both, [32, 32])).toEqual({ subgroupSize: 32, pinnedSubgroupSize: 0 });
  expect(subgroupsOf(both, [8, 32])).toEqual({ subgroupSize: 32, pinnedSubgroupSize: 32 });
  expect(subgroupsOf(both, [32, 64])).toEqual({ subgroupSize: 32, pinnedSubgroupSize: 32 });
  expect(subgroupsOf(both, [4, 16])).toEqual({ subgroupSize: 16, pinnedSubgroupSize: 16 });
  expect(subgroupsOf(new Set(['subgroups']), [8, 32])).toEqual({ subgroupSize: 0, pinnedSubgroupSize: 0 });
  expect(subgroupsOf(new Set(['subgroups']), [8, 8])).toEqual({ subgroupSize: 8, pinnedSubgroupSize: 0 });
  expect(subgroupsOf(new Set(), [32, 32])).toEqual({ subgroupSize: 0, pinnedSubgroupSize: 0 });
});
