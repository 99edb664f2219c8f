import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suitableRun } from '../src/cli/demo.js';
import { wgrad } from './helpers/cli.js';

let out = '';
beforeAll(async () => {
  out = join(await mkdtemp(join(tmpdir(), 'wgrad-')), 'a demo');
});
afterAll(() => rm(join(out, '..'), { recursive: true, force: true }));

test('wgrad demo draws faces, trains the exact network on them and says what to run next', async () => {
  const small = ['demo', '--out', out, '--images', '5', '--size', '150', '--epochs', '1', '--no-tune'];
  const { code, stdout, stderr } = await wgrad(small);
  expect(code).toBe(0);
  // A log's first words are ours: none of Dawn's come before.
  expect(stderr).toMatch(/^(No GPU found: computing on|GPU:) /);
  expect(stderr).not.toContain('Warning:');
  expect(stdout).toContain(
    'Found 10 images belonging to 2 classes.\n  with_mask 5, without_mask 5\nFound 2 images belonging to 2 classes.',
  );
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
  expect((await wgrad(small)).stderr).toContain(
    `${join(out, 'train')} is there already: give another --out, or write over it by --overwrite`,
  );
  const again = await wgrad([...small, '--overwrite']);
  expect(again.stderr).toContain('has another file, mine.png: delete the folder, or give another with --out');
  expect(again.code).toBe(1);
});

test('it takes the full size where an epoch of it ends within three minutes, and says where it does not', () => {
  const said: string[] = [];
  const run = (stepMs: number, images?: number) => suitableRun(stepMs, images, text => said.push(text));
  expect(run(500)).toMatchObject({ size: 150, images: 650 });
  expect(run(30_000, 10)).toMatchObject({ size: 150 });
  expect(said).toEqual([]);
  expect(run(3500)).toMatchObject({ size: 64, images: 500 });
  expect(said.join()).toContain('A step at 150x150 takes 3.5 s here, an epoch 9 minutes.');
  expect(said.join()).toContain('npx wgrad demo --size 150');
});

test('--size draws and trains at another size', async () => {
  const small = join(out, '..', 'small');
  const { code } = await wgrad(['demo', '--out', small, '--images', '2', '--epochs', '1', '--size', '32', '--no-tune']);
  expect(code).toBe(0);
  const png = await readFile(join(small, 'train', 'with_mask', '0000.png'));
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([32, 32]);
});
