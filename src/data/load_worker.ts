import { parentPort } from 'node:worker_threads';
import { type ImageTarget, loadFile } from './load_file.js';

/** A file to load, and what came of it. */
export interface LoadRequest {
  readonly index: number;
  readonly path: string;
  readonly target: ImageTarget;
}

export type LoadReply = { readonly index: number; readonly bytes: Uint8Array } | { readonly index: number; readonly reason: string };

parentPort!.on('message', async ({ index, path, target }: LoadRequest) => {
  try {
    const bytes = await loadFile(path, target);
    parentPort!.postMessage({ index, bytes } satisfies LoadReply, [bytes.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort!.postMessage({ index, reason: (error as Error).message } satisfies LoadReply);
  }
});
