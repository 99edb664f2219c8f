import type { Executable, Executor } from '../engine/executor.js';
import { RandomState } from '../engine/random.js';
import { ArraySource } from '../nn/arrays.js';
import { peek } from '../nn/evaluate.js';
import type { Sequential } from '../nn/model.js';
import { faceMaskNetwork } from '../nn/networks.js';
import { type Batch, nextBatch, type Source } from '../nn/source.js';

/**
 * How far gradients of the network may lie from those by other kernels, relative to the largest of each tensor. Where two of a pooling window's four values
 * nearly tie, rounding decides which one gets the gradient: one such window in 90,000 moves a sum by some 1/300 of its size, by direct sums as by Winograd's.
 * Each kernel by itself is held to far less by the tuner and by `wgrad check`.
 */
export const GRADIENT_TOLERANCE = 1e-2;

/** Images of made-up pixels for the face-mask network, both classes in turn. */
export function madeUpImages(
  batch: number,
  [height, width]: readonly [number, number] = [150, 150],
): { x: Float32Array; y: Float32Array; source: ArraySource } {
  const random = new RandomState(7);
  const x = new Float32Array(batch * height * width * 3).map(() => random.random());
  const y = new Float32Array(2 * batch).map((_, i) => (Math.floor(i / 2) % 2 === i % 2 ? 1 : 0));
  return { x, y, source: new ArraySource(x, [height, width, 3], y, { batchSize: batch, shuffle: false }) };
}

/** The face-mask network with known weights, compiled as the seed's program does. */
export async function exactModel(executor: Executor, imageSize: readonly [number, number] = [150, 150]): Promise<Sequential> {
  const model = faceMaskNetwork({ imageSize, seed: 2022 });
  await model.compile({ loss: 'binaryCrossentropy', metrics: ['acc'], executor });
  return model;
}

/** A model's training steps on a source's first batch, run and waited for one by one. */
export async function stepper(
  model: Sequential,
  source: Source<Batch>,
): Promise<{ readonly executable: Executable; step(): Promise<void>; loss(): Promise<number> }> {
  const { executor, plans } = model.compiled;
  const { executable, write } = await plans.get('train', source);
  const batch = await nextBatch(source, [0], 0);
  return {
    executable,
    async step() {
      await executable.ready();
      write(batch);
      executable.run({ rows: batch.rows, slot: 0, ...model.nextScalars });
      model.countStep(batch.rows);
      await executable.idle();
    },
    loss: async () => (await executor.read(plans.history))[0]!,
  };
}

/** A prediction of a source's first batch, waited for and read. */
export async function forwardPass(model: Sequential, source: Source<Batch>): Promise<() => Promise<void>> {
  const { executable, write, readOutput } = await model.compiled.plans.get('predict', source);
  await peek(source);
  const batch = await nextBatch(source, [0], 0);
  return async () => {
    write(batch);
    executable.run({ rows: batch.rows });
    await readOutput();
  };
}
