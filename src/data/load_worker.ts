import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../engine/message_of.js';
import { admitPixelsBy } from './decode/limits.js';
import { decodeFile, type ImageTarget, readImage } from './load_file.js';
import { isShortage, MemoryBudget } from './memory_budget.js';

/** A file to load, and what came of it. */
export interface LoadRequest {
  readonly index: number;
  readonly path: string;
  readonly target: ImageTarget;
}

export type LoadReply = { readonly index: number } & (
  | { readonly bytes: Uint8Array }
  | {
      readonly reason: string;
      /** The machine lacked something: the file may be good. */
      readonly isShortage: boolean;
    }
);

/** What the workers share: MemoryBudget's counts. */
export type LoadWorkerData = Int32Array<SharedArrayBuffer>;

const budget = new MemoryBudget(workerData as LoadWorkerData);
admitPixelsBy(pixels => budget.take(pixels));

async function reply({ index, path, target }: LoadRequest, before: Promise<void>): Promise<void> {
  const reading = readImage(path);
  // Its error is for later.
  reading.catch(() => {});
  // One file is decoded at a time, while the next is read: the codecs are shared, and a file that waits for memory may not keep any.
  await before;
  try {
    const decoded = await decodeFile(await reading, target);
    const bytes = decoded.byteLength === decoded.buffer.byteLength ? decoded : decoded.slice();
    parentPort!.postMessage({ index, bytes } satisfies LoadReply, [bytes.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort!.postMessage({ index, reason: messageOf(error), isShortage: isShortage(error) } satisfies LoadReply);
  } finally {
    budget.giveBack();
  }
}

let last = Promise.resolve();

parentPort!.on('message', (request: LoadRequest) => {
  last = reply(request, last);
});
