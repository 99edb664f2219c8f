import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readModel } from '../src/formats/in_memory.js';
import { loadCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { expectSame, goldenModel } from './helpers/foreign.js';
import { fixtureJson, hasShared, shared } from './helpers/shared.js';

const formats = (...names: string[]): string => join(shared, 'goldens/formats', ...names);
const hasFormats = hasShared('goldens/formats/models.json');

/** Predictions of TensorFlow.js, which computes in float32. */
const TOLERANCE = 1e-5;

describe.skipIf(!hasFormats)("TensorFlow.js' layers-models are read", () => {
  test.each(['tfjs_grey', 'tfjs_shards', 'tfjs_uint8', 'tfjs_uint16', 'tfjs_float16', 'tfjs_named', 'tfjs_own'])(
    '%s predicts what TensorFlow.js does of it',
    async name => {
      const checkpoint = await loadCheckpoint(formats(name));
      expect(checkpoint.kind).toBe('tfjs');
      expect(checkpoint.untrainable).toBeUndefined();
      await expectSame(checkpoint, goldenModel(name), TOLERANCE);
    },
  );

  test('the folder and the model.json in it are the same', async () => {
    const [one, other] = await Promise.all([loadCheckpoint(formats('tfjs_own')), loadCheckpoint(formats('tfjs_own', 'model.json'))]);
    expect(await other.model.getWeights()).toEqual(await one.model.getWeights());
  });

  test("the optimizer of TensorFlow.js' own file goes on where it stood", async () => {
    const { step, moments, compile, notes } = await loadCheckpoint(formats('tfjs_own'));
    expect([step, compile!.optimizer, compile!.loss]).toEqual([
      3,
      { name: 'adam', learningRate: 0.001, config: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } },
      { name: 'binaryCrossentropy', from: 'probs' },
    ]);
    expect([...moments.keys()].slice(0, 2)).toEqual(['conv2d_Conv2D1.kernel.moment', 'conv2d_Conv2D1.bias.moment']);
    expect(moments.size).toBe(16);
    expect(notes.join()).toContain("TensorFlow.js' Adam adds epsilon to another root");
  });

  test.each([
    ['bad_header.safetensors', 'bad_header.safetensors'],
    ['bad_offsets.safetensors', 'bad_offsets.safetensors'],
    ['bad_tfjs_missing', 'no.bin'],
    ['bad_tfjs_path', '..'],
    ['bad_tfjs_url', 'https'],
  ])('%s is refused with %j', async (name, says) => {
    const begin = performance.now();
    await expect(loadCheckpoint(formats(name))).rejects.toThrow(says);
    await expect(loadCheckpoint(formats(name))).rejects.toThrow(name);
    expect(performance.now() - begin).toBeLessThan(4000);
  });
});

interface Own {
  readonly files: Readonly<Record<string, string>>;
  readonly output: number[];
  readonly losses: number[];
}

/** Of test/fixtures/tfjs_own.mjs. */
const own = fixtureJson<Readonly<Record<string, Own>>>('tfjs_own.json');

const largest = (found: ArrayLike<number>, wanted: readonly number[]): number =>
  Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)));

test.each(Object.keys(own))('a model of many layers that TensorFlow.js trained by %s predicts and goes on here as there', async name => {
  const { files, output, losses } = own[name]!;
  const content = new Map(Object.entries(files).map(([path, text]) => [path, new Uint8Array(gunzipSync(Buffer.from(text, 'base64')))]));
  const model = await readModel(name, content, { executor: new ReferenceExecutor() });
  const x = Float32Array.from({ length: 4 * 360 }, (_, i) => ((i * 37) % 101) / 101);
  expect(largest(await model.predict(x), output)).toBeLessThan(1e-6);
  const y = Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1);
  const { history } = await model.fit({ x, y, batchSize: 4, shuffle: false }, { epochs: 3 });
  expect(largest(history.loss!, losses), `${history.loss} for ${losses}`).toBeLessThan(1e-5);
});
