/** What browser_engine.test.ts runs in Chromium: the engine from its sources, with weights and pictures that the test's server hands out. */

import { compileCheckpoint, readCheckpoint } from '../../src/formats/checkpoint.js';
import { openBrowserGpu } from '../../src/index.js';

const bytesOf = async (address: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(address)).arrayBuffer());

/** Opens the adapter, reads a checkpoint and predicts float32 pictures. */
async function predict(model: string, pictures: string): Promise<{ readonly machine: string; readonly probabilities: number[] }> {
  const { executor } = await openBrowserGpu({ shaders: 'shaders' });
  const compiled = await compileCheckpoint(readCheckpoint(model, await bytesOf(model)), executor);
  const x = new Float32Array((await bytesOf(pictures)).buffer as ArrayBuffer);
  const probabilities = [...(await compiled.predict({ x, batchSize: 4 }))];
  await compiled.close();
  await executor.close();
  return { machine: executor.description, probabilities };
}

/** Trains a checkpoint's model for a step on float32 pictures of the first class: its weights afterwards. */
async function trainStep(model: string, pictures: string): Promise<Record<string, number[]>> {
  const { executor } = await openBrowserGpu({ shaders: 'shaders' });
  const compiled = await compileCheckpoint(readCheckpoint(model, await bytesOf(model)), executor);
  const x = new Float32Array((await bytesOf(pictures)).buffer as ArrayBuffer);
  const rows = x.length / compiled.inputShape.reduce((size, length) => size * length, 1);
  const y = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 1 : 0));
  await compiled.fit({ x, y, batchSize: rows, shuffle: false }, { epochs: 1 });
  const weights = await compiled.getWeights();
  await compiled.close();
  await executor.close();
  return Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, [...values]]));
}

export type EnginePage = { readonly predict: typeof predict; readonly trainStep: typeof trainStep };

Object.assign(globalThis, { engine: { predict, trainStep } satisfies EnginePage });
