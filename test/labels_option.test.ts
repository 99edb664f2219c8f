import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';

let folder = '';
let work = '';
let labels = '';
beforeAll(async () => {
  folder = await pictureFolder(10, 20, 1);
  work = await mkdtemp(join(tmpdir(), 'wgrad-labels-'));
  labels = join(work, 'labels.csv');
  const rows: string[] = [];
  for (const name of ['red', 'blue']) {
    for (const file of await readdir(join(folder, name))) {
      await rename(join(folder, name, file), join(folder, `${name}-${file}`));
      rows.push(`${name}-${file};${name}`);
    }
    await rm(join(folder, name), { recursive: true });
  }
  await writeFile(labels, ['file;colour', ...rows].join('\r\n'));
});
afterAll(async () => {
  for (const path of [folder, work]) await rm(path, { recursive: true, force: true });
});

const columns = (): string[] => ['--labels', labels, '--file-column', 'file', '--label-column', 'colour'];
const train = (...more: readonly string[]) =>
  wgrad(['train', '--train', folder, '--image-size', '20x20', '--out', join(work, 'out'), '--no-tune', '--batch-size', '4', ...more]);

test('a run, evaluate and explain take labels from a table', async () => {
  const trained = await train(...columns(), '--split', '0.3', '--seed', '5', '--epochs', '1');
  expect(trained.stderr + trained.stdout).toContain('Found 14 images belonging to 2 classes.\n  blue 7, red 7');
  expect(trained.code).toBe(0);
  const last = join(work, 'out', 'last.safetensors');
  const evaluated = await wgrad(['evaluate', last, '--data', folder, ...columns(), '--no-tune', '--json']);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ n: 20 });
  const report = join(work, 'report');
  const explained = await wgrad(['explain', last, join(folder, 'red-0.png'), '--out', report, '--data', folder, ...columns(), '--no-tune']);
  expect(explained.stderr).toContain('Found 20 images belonging to 2 classes.');
  expect(explained.code).toBe(0);
});

test('a table without the column, columns without a table, and a second folder are refused', async () => {
  const none = await train('--labels', labels, '--split', '0.3');
  expect(none.stderr).toContain("labels.csv has no column 'filename' (files: xCol, --file-column); its columns: 'file', 'colour'");
  const alone = await train('--file-column', 'file', '--split', '0.3');
  expect(alone.stderr).toContain('--file-column and --label-column name columns of a table: give it by --labels, too');
  const two = await train(...columns(), '--validation', folder);
  expect(two.stderr).toContain('judge by a part of them, --split or --validation-split');
});
