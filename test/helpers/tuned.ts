import { afterAll, beforeAll } from 'vitest';
import type { Pretence } from '../../src/gpu/adapter.js';
import type { Chooser, GpuExecutor } from '../../src/gpu/executor.js';
import { Tuner } from '../../src/gpu/tune.js';
import type { BoundVariant } from '../../src/kernels/variant.js';
import { openAdapter } from '../../src/node/adapter.js';
import { TuneFile } from '../../src/node/tune_store.js';

export interface TunedGpu {
  gpu(): GpuExecutor;
}

const isWinograd = ({ name }: BoundVariant): boolean => name.includes('winograd');

/**
 * Opens the adapter (WGRAD_ADAPTER, else the default) with the kernels that the tuner chooses; one that gives wrong numbers fails the file.
 * `direct`: with a kernel that sums products wherever the tuner chose one that transforms them first. `pretence`: as another adapter would compute without trying any.
 */
export function useTunedGpu({ direct = false, pretence }: { readonly direct?: boolean; readonly pretence?: Pretence } = {}): TunedGpu {
  let gpu: GpuExecutor | undefined;
  const wrong: string[] = [];
  const tuner = new Tuner({ store: new TuneFile(), tune: !pretence, onWrong: message => wrong.push(message) });
  const choose: Chooser = async (nodes, executor) => {
    const variantOf = await tuner.choose(nodes, executor);
    return node => {
      const chosen = variantOf(node);
      if (!direct || !isWinograd(chosen)) return chosen;
      return executor
        .kernelsOf(node)
        .filter(variant => variant.supports(executor.traits) && !isWinograd(variant))
        .at(-1)!;
    };
  };
  beforeAll(async () => {
    gpu = (await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose, pretence })).executor;
  }, 600_000);
  afterAll(async () => {
    await gpu?.close();
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  return { gpu: () => gpu! };
}
