import type { Callback } from '../../nn/callbacks/callback.js';

/** Resolves when the messages that have come are read. Not by a timer: browsers slow those of pages in the background down. */
export function messagesRead(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise(resolve => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** How long steps may follow one another before messages are read. */
const BUSY_MS = 50;

/** Lets a worker read its messages between steps: the CPU reference never waits for anything. */
export function yielding(): Callback {
  let since = performance.now();
  return {
    async onBatchBegin() {
      if (performance.now() - since < BUSY_MS) return;
      await messagesRead();
      since = performance.now();
    },
  };
}
