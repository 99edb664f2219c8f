import { parentPort } from 'node:worker_threads';
import type { Hdf5Call } from '../formats/hdf5/calls.js';
import { Hdf5Engine } from '../formats/hdf5/engine.js';

/** HDF5 in a worker thread: see hdf5.ts. */
const engine = new Hdf5Engine();

parentPort!.on('message', async (call: Hdf5Call) => {
  parentPort!.postMessage(await engine.answer(call));
});
