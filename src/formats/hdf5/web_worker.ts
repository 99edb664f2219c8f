import type { Hdf5Call } from './calls.js';
import { Hdf5Engine } from './engine.js';

/** HDF5 in a Web Worker: see worker_door.ts. */
const engine = new Hdf5Engine();

addEventListener('message', async ({ data }: MessageEvent<Hdf5Call>) => postMessage(await engine.answer(data)));
