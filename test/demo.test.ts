import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wgrad } from './helpers/cli.js';

let out = '';
beforeAll(async () => {
  out = join(await mkdtemp(join(tmpdir(), 'wgrad-')), 'a demo');
});
afterAll(() => rm(join(out, '..'), { recursive: true, force: true }));

test('wgrad demo draws faces, trains the exact network on them and says what to run next', async () => {
  const small = ['demo', '--out', out, '--images', '5', '--epochs', '1', '--no-tune'];
  const { code, stdout } = await wgrad(small);
  expect(code).toBe(0);
  expect(stdout).toContain('Found 10 images belonging to 2 classes.\nFound 2 images belonging to 2 classes.');
  expect(stdout).toMatch(/epoch 1\/1 - .* - val_loss: \d\.\d{4} - val_acc: \d\.\d{4}/);
  expect(await readdir(join(out, 'train', 'with_mask'))).toEqual(['0000.png', '0001.png', '0002.png', '0003.png', '0004.png']);
  const history = JSON.parse(await readFile(join(out, 'history.json'), 'utf8'));
  expect(history).toMatchObject({ adapter: expect.any(String), wgrad: expect.any(String), seed: 1, images: 10 });

  // The commands that it names are right, blanks in paths included.
  const evaluate = /npx wgrad evaluate "(.*)" --data "(.*)"/.exec(stdout)!;
  const evaluated = await wgrad(['evaluate', evaluate[1]!, '--data', evaluate[2]!, '--no-tune', '--json']);
  expect(JSON.parse(evaluated.stdout).loss).toBeCloseTo(history.history.val_loss[0], 5);
  const predict = /npx wgrad predict "(.*)" "(.*)"/.exec(stdout)!;
  expect((await wgrad(['predict', predict[1]!, predict[2]!, '--no-tune'])).stdout).toMatch(/0000\.png: with(out)?_mask \(\d+\.\d %\)/);

  await writeFile(join(out, 'validation', 'with_mask', 'mine.png'), '');
  const again = await wgrad(small);
  expect(again.stderr).toContain('has another file, mine.png: delete the folder, or give another with --out');
  expect(again.code).toBe(1);
});
