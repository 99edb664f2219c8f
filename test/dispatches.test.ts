import { expect, test, vi } from 'vitest';
import { exactModel, madeUpImages } from '../src/bench/exact.js';
import { cases, labelOf } from '../src/check/cases.js';
import { trace } from '../src/check/run.js';
import { GpuExecutable } from '../src/gpu/executable.js';
import { Tuner } from '../src/gpu/tune.js';
import { kernelsOf } from '../src/kernels/index.js';
import { type AdapterKind, scratchFor, sumsOf } from '../src/kernels/variant.js';
import type { Sequential } from '../src/nn/model.js';
import type { Batch, Source } from '../src/nn/source.js';
import { openAdapter } from '../src/node/adapter.js';
import { useGpu } from './helpers/gpu.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

const gpu = useGpu();

async function dispatchesOf(model: Sequential, source: Source<Batch>): Promise<number> {
  const { executable } = await model.compiled.plans.get('train', source);
  if (!(executable instanceof GpuExecutable)) throw new Error('not on a GPU');
  return executable.steps.length;
}

test('a step has few dispatches on a GPU: each costs the thread three microseconds or more', async () => {
  const { choose } = new Tuner({ tune: false });
  const { executor } = await openAdapter({ adapter: process.env.WGRAD_ADAPTER, pretence: { kind: 'GPUs' }, choose });
  const [exact, tiny] = [await exactModel(executor), await tinyModel(executor)];
  expect(await dispatchesOf(exact, madeUpImages(10).source)).toBeLessThanOrEqual(31);
  expect(await dispatchesOf(tiny, tinyData())).toBeLessThanOrEqual(24);
  for (const model of [exact, tiny]) await model.close();
  await executor.close();
});

test('small inputs and Params of a step are one write, and each run finds what was written last', async () => {
  const model = await tinyModel(gpu());
  const source = tinyData({ shuffle: false });
  const { executable, write } = await model.compiled.plans.get('evaluate', source);
  const losses: number[] = [];
  const writeBuffer = vi.spyOn(GPUQueue.prototype, 'writeBuffer');
  for (const index of [0, 1, 0, 0]) {
    const batch = source.batch(index);
    await executable.ready();
    write(batch);
    executable.run({ rows: batch.rows, slot: 0 });
    losses.push((await gpu().read(model.compiled.plans.history))[0]!);
  }
  expect(writeBuffer).toHaveBeenCalledTimes(4);
  writeBuffer.mockRestore();
  expect(losses[1]).not.toBe(losses[0]);
  expect(losses.slice(2)).toEqual([losses[0], losses[0]]);
  await model.close();
});

test('no dispatch adds up a single part', () => {
  const kinds: readonly AdapterKind[] = ['GPUs', 'drivers whose loads cost most', 'drivers that keep arrays in memory'];
  let sums = 0;
  for (const of of cases) {
    for (const node of trace(of).plan.nodes) {
      for (const kind of kinds) {
        const traits = { subgroupSize: 32, maxInvocations: 256, maxBindingBytes: 2 ** 27, kind };
        for (const variant of kernelsOf(node).filter(each => each.supports(traits))) {
          for (const dispatch of variant.dispatches(scratchFor(node), traits)) {
            expect(Object.keys(dispatch.writers).filter(name => !(name in dispatch.bindings))).toEqual([]);
            for (const { parts } of sumsOf(dispatch)) {
              sums += 1;
              expect(parts.shape[0], `${labelOf(of)}: ${node.op}.${variant.name}`).toBeGreaterThan(1);
            }
          }
        }
      }
    }
  }
  expect(sums).toBeGreaterThan(10);
});
