import type { Hdf5Call, Hdf5Reply } from './calls.js';

/** A worker that runs an Hdf5Engine: it answers calls one after another. */
export interface Hdf5Worker {
  post(call: Hdf5Call): void;
  /** `onEnd`: it died, and why. */
  listen(onReply: (reply: Hdf5Reply) => void, onEnd: (reason: string) => void): void;
  end(): void;
}

let start: () => Hdf5Worker = startWebWorker;

/** Sets how a worker is started, where it is no Web Worker. */
export function setHdf5Worker(starter: () => Hdf5Worker): void {
  start = starter;
}

export const startHdf5Worker = (): Hdf5Worker => start();

function startWebWorker(): Hdf5Worker {
  const worker = new Worker(new URL('./web_worker.js', import.meta.url), { type: 'module' });
  return {
    post: call => worker.postMessage(call),
    listen(onReply, onEnd) {
      worker.onmessage = ({ data }: MessageEvent<Hdf5Reply>) => onReply(data);
      worker.onerror = ({ message }) => onEnd(message || 'it could not be started');
    },
    end: () => worker.terminate(),
  };
}
