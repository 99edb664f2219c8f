import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { checkImagesFit } from '../node/memory.js';
import { packageRoot } from '../node/paths.js';
import type { ImageTarget } from './load_file.js';
import type { LoadReply, LoadRequest } from './load_worker.js';
import { CHANNELS } from './resize.js';

export interface LoadOptions {
  /** Leave out files that can't be read, instead of stopping at the first. Default false. */
  readonly skipBroken?: boolean | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Images of one size in memory. */
export interface LoadedImages {
  /** [files that were read, height, width, channels]. */
  readonly bytes: Uint8Array;
  /** Of each file, whether it is in `bytes`. */
  readonly read: readonly boolean[];
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
}

/** Workers run the built program, also where a test runner runs its source. */
const WORKER = join(packageRoot, 'dist', 'src', 'data', 'load_worker.js');

/** Files that a worker has at a time: one that it decodes and one that waits. */
const QUEUE = 2;

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
  const images = new Array<Uint8Array | undefined>(paths.length);
  const broken: { path: string; reason: string }[] = [];
  const workers = Array.from({ length: Math.min(availableParallelism(), 8, paths.length) }, () => new Worker(WORKER));
  let next = 0;
  let done = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      if (paths.length === 0) resolve();
      const send = (worker: Worker): void => {
        if (next === paths.length) return;
        worker.postMessage({ index: next, path: paths[next]!, target } satisfies LoadRequest);
        next += 1;
      };
      for (const worker of workers) {
        worker.on('error', reject);
        worker.on('message', (reply: LoadReply) => {
          if ('bytes' in reply) images[reply.index] = reply.bytes;
          else {
            const path = paths[reply.index]!;
            broken.push({ path, reason: reply.reason });
            if (!skipBroken)
              reject(
                new Error(`${path}: ${reply.reason}. Remove or repair the file, or leave such files out with skipBroken (--skip-broken)`),
              );
          }
          done += 1;
          onProgress?.(done, paths.length);
          if (done === paths.length) resolve();
          else send(worker);
        });
        for (let i = 0; i < QUEUE; i++) send(worker);
      }
    });
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()));
  }
  const bytes = new Uint8Array(images.filter(Boolean).length * size);
  let at = 0;
  for (const image of images) {
    if (!image) continue;
    bytes.set(image, at);
    at += size;
  }
  broken.sort((a, b) => paths.indexOf(a.path) - paths.indexOf(b.path));
  return { bytes, read: images.map(Boolean), broken };
}
