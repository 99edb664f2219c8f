import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../engine/message_of.js';
import { checkImagesFit, memoryLeft } from '../node/memory.js';
import { packageRoot } from '../node/paths.js';
import type { ImageTarget } from './load_file.js';
import type { LoadReply, LoadRequest, LoadWorkerData } from './load_worker.js';
import { isShortage, MemoryBudget } from './memory_budget.js';
import { MemoryPixels, type Pixels } from './pixels.js';
import { plain } from './plain.js';
import { CHANNELS } from './resize.js';

export interface LoadOptions {
  /** Leave out files that can't be read, instead of stopping at the first. Default false. */
  readonly skipBroken?: boolean | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Images of one size. */
export interface LoadedImages {
  /** Of the files that were read. */
  readonly pixels: Pixels;
  /** Of each file, whether it is in `pixels`. */
  readonly read: readonly boolean[];
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
}

/** Workers run the built program, also where a test runner runs its source. */
const WORKER = join(packageRoot, 'dist', 'src', 'data', 'load_worker.js');

/** Files that a worker has at a time: one that it decodes and one that waits. */
const QUEUE = 2;

/** Of the free memory, what files that are decoded at a time may take together. */
const DECODING_SHARE = 0.8;

const ADVICE = 'The file may be good, so it is not left out: free memory, or make the largest pictures smaller';

/** Decodes and resizes image files, side by side in worker threads. */
export async function loadImages(
  paths: readonly string[],
  target: ImageTarget,
  { skipBroken, onProgress }: LoadOptions = {},
): Promise<LoadedImages> {
  const { height, width, colorMode } = target;
  const channels = CHANNELS[colorMode];
  checkImagesFit(paths.length, { height, width, channels });
  const size = height * width * channels;
  const bytes = new Uint8Array(paths.length * size);
  const reasons = new Map<number, string>();
  const budget = MemoryBudget.of(DECODING_SHARE * (memoryLeft() - bytes.length));
  const count = Math.min(availableParallelism(), 8, paths.length);
  const workers = Array.from(
    { length: count },
    () => new Worker(WORKER, { workerData: budget.counts satisfies LoadWorkerData, execArgv: [] }),
  );
  let next = 0;
  let done = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      if (paths.length === 0) resolve();
      for (const worker of workers) {
        const given = new Set<number>();
        const send = (): void => {
          if (next === paths.length) return;
          given.add(next);
          worker.postMessage({ index: next, path: paths[next]!, target } satisfies LoadRequest);
          next += 1;
        };
        const died = (cause?: Error): void => {
          const names = [...given].map(index => plain(paths[index]!)).join(' or ');
          const what = isShortage(cause)
            ? `memory ran out. ${ADVICE}`
            : `a worker ended: ${cause ? messageOf(cause) : 'it did not say why'}`;
          reject(new Error(`while ${names || 'no file'} was decoded, ${what}`, { cause }));
        };
        worker.on('error', died);
        worker.on('exit', () => died());
        worker.on('message', (reply: LoadReply) => {
          const path = plain(paths[reply.index]!);
          given.delete(reply.index);
          if ('bytes' in reply) bytes.set(reply.bytes, reply.index * size);
          else if (reply.isShortage) reject(new Error(`${path}: ${reply.reason}. ${ADVICE}`));
          else if (skipBroken) reasons.set(reply.index, reply.reason);
          else
            reject(
              new Error(`${path}: ${reply.reason}. Remove or repair the file, or leave such files out with skipBroken (--skip-broken)`),
            );
          done += 1;
          onProgress?.(done, paths.length);
          if (done === paths.length) resolve();
          else send();
        });
        for (let i = 0; i < QUEUE; i++) send();
      }
    });
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()));
  }
  const read = paths.map((_, index) => !reasons.has(index));
  const broken = [...reasons].sort(([a], [b]) => a - b).map(([index, reason]) => ({ path: paths[index]!, reason }));
  return { pixels: new MemoryPixels(broken.length === 0 ? bytes : leftIn(bytes, read, size), size), read, broken };
}

/** Without the images that were not read. */
function leftIn(bytes: Uint8Array, read: readonly boolean[], size: number): Uint8Array {
  let at = 0;
  for (const [index, isRead] of read.entries()) {
    if (!isRead) continue;
    bytes.copyWithin(at, index * size, (index + 1) * size);
    at += size;
  }
  return bytes.subarray(0, at);
}
