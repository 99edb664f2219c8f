import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { RandomState } from '../../src/engine/random.js';
import { sizeOf } from '../../src/engine/shape.js';
import { type Checkpoint, compileCheckpoint } from '../../src/formats/checkpoint.js';
import { ReferenceExecutor } from '../../src/reference/executor.js';
import { fixtureJson, shared } from './shared.js';

/** What another program made of the model that it saved. */
export interface ForeignModel {
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** [samples][units] */
  readonly predictions: readonly (readonly number[])[];
  /** In the order of the program's own list; none of files that only predictions are known of. */
  readonly weights?: readonly { readonly shape: readonly number[]; readonly sum: number; readonly first?: number }[];
  /** Of three more steps on the batch. */
  readonly nextLosses?: readonly number[];
}

/** Of ../goldens/formats/models.json, whose pictures are numpy's uniform numbers, the four of them times 1, 0.5, 0.25 and 0.75. */
export function goldenModel(file: string): ForeignModel {
  const documents = JSON.parse(readFileSync(join(shared, 'goldens/formats/models.json'), 'utf8')) as Record<string, Golden>;
  const { x: drawn, y, predictions, weights, next_losses: nextLosses } = documents[file]!;
  const [, seed, shape] = /RandomState\((\d+)\)\.uniform\(size=\[([\d, ]+)\]/.exec(drawn.numpy)!;
  const sizes = shape!.split(', ').map(Number);
  const x = uniform(Number(seed), sizeOf(sizes)).map((value, i) => value * [1, 0.5, 0.25, 0.75][Math.floor((i * 4) / sizeOf(sizes))]!);
  return { x, y: Float32Array.from(y.flat()), predictions, ...(weights && { weights }), ...(nextLosses && { nextLosses }) };
}

interface Golden {
  readonly x: { readonly numpy: string };
  readonly y: readonly (readonly number[])[];
  readonly predictions: ForeignModel['predictions'];
  readonly weights?: ForeignModel['weights'];
  readonly next_losses?: readonly number[];
}

/** RandomState(seed).uniform() as float32. */
export function uniform(seed: number, count: number): Float32Array {
  const random = new RandomState(seed);
  return Float32Array.from({ length: count }, () => random.uniform(0, 1));
}

/** Holds a checkpoint to what the program that saved it made of it: weights, predictions within 1e-6 and, where it gives moments, the losses of the next steps. */
export async function expectSame(checkpoint: Checkpoint, wanted: ForeignModel, tolerance = 1e-6): Promise<void> {
  const { x, y, predictions, weights, nextLosses } = wanted;
  if (weights) {
    const numbers = await checkpoint.model.getWeights();
    const found = checkpoint.model.weightSpecs.map(({ name, shape }) => ({
      shape,
      sum: numbers[name]!.reduce((sum, value) => sum + value, 0),
      first: numbers[name]![0],
    }));
    for (const [i, { shape, sum, first }] of weights.entries()) {
      expect(found[i]!.shape, `weight ${i}`).toEqual(shape);
      expect(found[i]!.sum, `weight ${i}`).toBeCloseTo(sum, 6);
      if (first !== undefined) expect(found[i]!.first, `weight ${i}`).toBe(first);
    }
    expect(found.length).toBe(weights.length);
  }
  const executor = new ReferenceExecutor();
  const model = await compileCheckpoint(checkpoint, executor);
  const probabilities = await model.predict({ x });
  expect(largestDifference(probabilities, predictions.flat()), 'predictions').toBeLessThan(tolerance);
  if (nextLosses) {
    const { loss } = (await model.fit({ x, y, batchSize: x.length, shuffle: false }, { epochs: nextLosses.length })).history;
    expect(largestDifference(loss!, nextLosses), `losses ${loss!.join(', ')} for ${nextLosses.join(', ')}`).toBeLessThan(tolerance);
  }
  await model.close();
}

const largestDifference = (found: ArrayLike<number>, wanted: readonly number[]): number => {
  expect(found.length).toBe(wanted.length);
  return Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)));
};

/** Of keras_files.py: small models with many kinds of layers. */
interface KerasFile {
  readonly name: string;
  readonly seed: number;
  readonly shapes: readonly (readonly number[])[];
  readonly sums: readonly number[];
  readonly predictions: ForeignModel['predictions'];
  readonly nextLosses: readonly number[];
  readonly file: string | Readonly<Record<string, string>>;
}

const unpacked = (file: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(file, 'base64')));

export const kerasFiles = (): string[] => fixtureJson<KerasFile[]>('keras_files.json').map(({ name }) => name);

export function kerasFile(name: string): ForeignModel & { readonly content: Uint8Array | ReadonlyMap<string, Uint8Array> } {
  const { seed, shapes, sums, file, ...made } = fixtureJson<KerasFile[]>('keras_files.json').find(each => each.name === name)!;
  const weights = shapes.map((shape, i) => ({ shape, sum: sums[i]! }));
  const content = typeof file === 'string' ? unpacked(file) : new Map(Object.entries(file).map(([path, each]) => [path, unpacked(each)]));
  const y = Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0);
  return { x: uniform(seed, 4 * 9 * 8 * 2), y, weights, content, predictions: made.predictions, nextLosses: made.nextLosses };
}
