import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { sizeOf } from '../src/engine/shape.js';
import { loadCheckpoint } from '../src/node/files.js';
import { MAIN } from './helpers/cli.js';
import { expectSame, uniform } from './helpers/foreign.js';
import { fixtureJson, hasShared, shared } from './helpers/shared.js';

const formats = join(shared, 'goldens/formats');
const isThere = hasShared('goldens/formats');
const load = (file: string) => loadCheckpoint(join(formats, file));

interface Bad {
  /** Words that the message holds. */
  readonly says: readonly string[];
}
const BAD: Readonly<Record<string, Bad>> = isThere ? JSON.parse(readFileSync(join(formats, 'bad.json'), 'utf8')) : {};

/** Files of bad.json that are good by now, as what they have is supported. */
const GOOD = ['batchnorm', 'clipnorm', 'dilation', 'frozen', 'l2', 'mse', 'no_bias', 'rmsprop', 'schedule', 'tanh'].map(
  name => `bad_${name}.h5`,
);

/** Files whose weights are good, and with which training can't go on. */
const UNTRAINABLE = ['amsgrad', 'optimizer'].map(name => `bad_${name}.h5`);

const NOTED = ['odd_nan.h5'];

const REFUSED = Object.keys(BAD).filter(file => file.endsWith('.h5') && ![...GOOD, ...UNTRAINABLE, ...NOTED].includes(file));

const expectWords = (message: string, file: string): void => {
  for (const word of BAD[file]!.says) expect(message.toLowerCase()).toContain(word.toLowerCase());
};

describe.skipIf(!isThere)('HDF5 files that can not be read, or not as they are', () => {
  test.each(REFUSED)('%s is refused with what is wrong with it', async file => {
    const error: Error = await load(file).then(
      () => expect.fail('it was read'),
      reason => reason,
    );
    expectWords(error.message, file);
    expect(error.message).toContain(file);
    expect(error.message).not.toMatch(/\n|undefined|\[object|\/__w\//);
  });

  test.each(UNTRAINABLE)('of %s the weights are read, and why training can not go on is said', async file => {
    const { model, moments, untrainable } = await load(file);
    expectWords(untrainable!, file);
    expect(moments.size).toBe(0);
    expect(Object.values(await model.getWeights()).length).toBe(model.weightSpecs.length);
  });

  test("odd_nan.h5 is read, and which weight isn't a number is said", async () => {
    const { model, notes, untrainable } = await load('odd_nan.h5');
    expect(untrainable).toBeUndefined();
    expect(notes).toEqual(["'dense_1.kernel'[0] is NaN: what is computed with it is not a number either"]);
    expect((await model.getWeights())['dense_1.kernel']![0]).toBeNaN();
  });

  test.each(GOOD)("%s gives Keras' predictions, and the losses of its next steps", async file => {
    const { files } = fixtureJson<{
      files: Record<string, { seed: number; shape: number[]; y: number[][]; predictions: number[][]; next_losses: number[] }>;
    }>('keras_bad_files.json');
    const { seed, shape, y, predictions, next_losses: nextLosses } = files[file]!;
    const checkpoint = await load(file);
    expect(checkpoint.untrainable).toBeUndefined();
    await expectSame(checkpoint, { x: uniform(seed, sizeOf(shape)), y: Float32Array.from(y.flat()), predictions, nextLosses });
  });

  test('the command line says it in one line, soon, and in little memory', async () => {
    for (const file of ['bad_bomb.h5', 'bad_cut.h5', 'bad_lambda.h5']) {
      const begun = performance.now();
      const measured = `process.on('exit', () => console.log(process.resourceUsage().maxRSS));`;
      const options = ['--import', `data:text/javascript,${encodeURIComponent(measured)}`, MAIN, 'summary', join(formats, file)];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, options).catch(error => error);
      expect(performance.now() - begun).toBeLessThan(8_000);
      expect(Number(stdout)).toBeLessThan(300 * 1024);
      expect(stderr).toMatch(/^wgrad: .*\n$/);
      expectWords(stderr, file);
    }
  });
});
