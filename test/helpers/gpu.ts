import { afterAll, beforeAll } from 'vitest';
import type { Pretence } from '../../src/gpu/adapter.js';
import { chooseNaive, type GpuExecutor } from '../../src/gpu/executor.js';
import { openAdapter } from '../../src/node/adapter.js';

/** Opens the adapter (WGRAD_ADAPTER, else the default) for the tests of a file; fails where there is none. */
export function useGpu(
  options: { readonly guardBytes?: number; readonly maxBindingBytes?: number; readonly pretence?: Pretence } = {},
): () => GpuExecutor {
  let gpu: GpuExecutor | undefined;
  beforeAll(async () => {
    gpu = (await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose: chooseNaive, ...options })).executor;
  });
  afterAll(() => gpu?.close());
  return () => gpu!;
}
