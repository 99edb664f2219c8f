import { afterAll, beforeAll } from 'vitest';
import type { GpuExecutor } from '../../src/gpu/executor.js';
import { Tuner } from '../../src/gpu/tune.js';
import { openGpu } from '../../src/node/gpu.js';
import { TuneFile } from '../../src/node/tune_store.js';

/** Opens the adapter (WGRAD_ADAPTER, else the default) with the kernels that the tuner chooses; one that gives wrong numbers fails the file. */
export function useTunedGpu(): () => GpuExecutor {
  let gpu: GpuExecutor | undefined;
  const wrong: string[] = [];
  beforeAll(async () => {
    const { choose } = new Tuner({ store: new TuneFile(), onWrong: message => wrong.push(message) });
    gpu = (await openGpu({ adapter: process.env.WGRAD_ADAPTER, choose })).executor;
  }, 600_000);
  afterAll(async () => {
    await gpu?.close();
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  return () => gpu!;
}
