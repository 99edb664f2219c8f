import { execFileSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Data } from '../src/nn/base_model.js';
import type { Sequential } from '../src/nn/model.js';
import { adam, sgd } from '../src/nn/optimizers.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

// What TypeScript would not let pass, and those who call from JavaScript do: it is said what was found and wanted, before anything is computed.

let model: Sequential;
beforeAll(async () => {
  model = await tinyModel(new ReferenceExecutor());
});

describe.each(['fit', 'evaluate', 'predict'] as const)('%s', method => {
  test.each<[unknown, string]>([
    [null, 'the data is null, wanted { x, y } with Float32Arrays'],
    [undefined, 'the data is undefined, wanted'],
    [{}, 'the data is an object, wanted'],
    [[1, 2], 'the data is a list of 2, wanted'],
    [{ x: [1, 2] }, 'arrays: x is a list of 2, wanted a Float32Array'],
    [{ x: null }, 'arrays: x is null, wanted'],
  ])('of %j', async (data, message) => {
    await expect((async () => model[method](data as Data))()).rejects.toThrow(message);
  });
});

test.each([
  ['epochs', Number.NaN],
  ['epochs', -1],
  ['epochs', 1.5],
  ['maxSteps', -1],
  ['snapshotSteps', 0],
])('fit refuses %s of %d', async (name, value) => {
  await expect(model.fit(tinyData(), { [name]: value })).rejects.toThrow(`fit: ${name} is ${value}, wanted a whole number of at least`);
});

test('a learning rate that is no number is refused, not taken for 0', () => {
  for (const make of [adam, sgd]) {
    for (const learningRate of [null, '0.1', Number.NaN] as unknown as number[])
      expect(() => make({ learningRate })).toThrow(`learningRate is ${learningRate}, wanted at least 0`);
  }
});

test.skipIf(process.platform === 'win32')('a checkpoint never takes the place of a device or a pipe', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await expect(saveCheckpoint(pipe, model)).rejects.toThrow(`cannot write ${pipe}: it is a device or a pipe, wanted a file`);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(['pipe']);
  await rm(folder, { recursive: true });
});
