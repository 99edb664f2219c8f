import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../engine/message_of.js';
import type { Hdf5Worker } from '../formats/hdf5/worker_door.js';
import { packageRoot } from './paths.js';

/** Workers run the built program, also where a test runner runs its source. */
const WORKER = join(packageRoot, 'dist', 'src', 'node', 'hdf5_worker.js');

/** A worker thread that reads and writes HDF5. It takes no options of this process: Node starts none with --input-type. */
export function startHdf5Thread(): Hdf5Worker {
  const worker = new Worker(WORKER, { stdout: true, stderr: true, execArgv: [] });
  return {
    post: call => worker.postMessage(call),
    listen(onReply, onEnd) {
      worker.on('message', onReply);
      worker.on('error', error => onEnd(messageOf(error)));
      worker.on('exit', () => onEnd('its worker ended'));
    },
    end: () => void worker.terminate(),
  };
}
