import { afterAll, beforeAll } from 'vitest';
import type { BoundVariant, Node } from '../../src/engine/graph.js';
import type { GpuExecutor } from '../../src/gpu/executor.js';
import { openAdapter } from '../../src/node/adapter.js';

const naive =
  async () =>
  (node: Node): BoundVariant =>
    node.variants[0]!;

/** Opens the adapter (WGRAD_ADAPTER, else the default) for the tests of a file; fails where there is none. */
export function useGpu(options: { readonly guardBytes?: number; readonly maxBindingBytes?: number } = {}): () => GpuExecutor {
  let gpu: GpuExecutor | undefined;
  beforeAll(async () => {
    gpu = (await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose: naive, ...options })).executor;
  });
  afterAll(() => gpu?.close());
  return () => gpu!;
}
