import type { Callback } from '../../nn/callbacks/callback.js';

/** How long steps may follow one another before messages are read. */
const BUSY_MS = 50;

/** Lets a worker read its messages between steps: the CPU reference never waits for anything. */
export function yielding(): Callback {
  let since = performance.now();
  return {
    async onBatchBegin() {
      if (performance.now() - since < BUSY_MS) return;
      await new Promise(resolve => setTimeout(resolve));
      since = performance.now();
    },
  };
}
