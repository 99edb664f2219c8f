import { copyFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
  expect(two.stderr).toContain('give their table by --validation-labels, or judge by a part of --train, --split or --validation-split');
});

test('a second table says what is judged by, in the same folder or another', async () => {
  const [head, ...rows] = (await readFile(labels, 'utf8')).split('\r\n');
  const table = async (name: string, lines: readonly string[]): Promise<string> => {
    await writeFile(join(work, name), [head, ...lines].join('\n'));
    return join(work, name);
  };
  const learned = await table('learned.csv', [...rows.filter((_, i) => i % 4 !== 0), 'gone-1.png;red', 'gone-2.png;red']);
  const judged = await table('judged.csv', [...rows.filter((row, i) => i % 4 === 0 && row.endsWith('red')), 'gone.png;red']);
  const named = ['--file-column', 'file', '--label-column', 'colour'];
  const both = ['--labels', learned, '--validation-labels', judged, ...named, '--overwrite', '--epochs', '1', '--seed', '1'];
  const trained = await train(...both);
  const said = trained.stderr + trained.stdout;
  expect(said).toContain('Found 15 images belonging to 2 classes.\n  blue 8, red 7');
  // A table has no rows of a class without images.
  expect(said).toContain('Found 3 images belonging to 2 classes.\n  blue 0, red 3');
  expect(said.match(/Found \d invalid image/g)).toEqual(['Found 2 invalid image', 'Found 1 invalid image']);
  expect(said).toContain("'gone-1.png' is not a file");
  expect(trained.code).toBe(0);
  const elsewhere = await train(...both, '--validation', folder);
  expect(elsewhere.code).toBe(0);

  const evaluated = await wgrad([
    'evaluate',
    join(work, 'out/last.safetensors'),
    '--data',
    folder,
    '--labels',
    judged,
    ...named,
    '--no-tune',
    '--json',
  ]);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({
    n: 3,
    classes: [
      { name: 'blue', support: 0, recall: 0, auc: null },
      { name: 'red', support: 3 },
    ],
  });

  const refused = async (...options: readonly string[]) => (await train(...options)).stderr;
  expect(await refused('--validation-labels', judged)).toContain('is for runs that learn by a table: give it by --labels');
  expect(await refused(...both, '--split', '0.2')).toContain('both say which images a run is judged by');
  const other = await table('other.csv', [rows[0]!.replace(/[^;]+$/, 'green')]);
  expect(await refused('--labels', learned, '--validation-labels', other, ...named)).toMatch(
    /other\.csv has the classes 'green'; wanted those of .*learned\.csv: 'blue', 'red'/,
  );
  const lists = join(work, 'lists.jsonl');
  await writeFile(lists, JSON.stringify({ filename: 'red-0.png', class: ['a', 'b'] }));
  expect(await refused('--labels', lists, '--split', '0.2')).toContain('has lists of labels: wanted one label for each image');
});

test('a run that goes on keeps its table, takes it from elsewhere, and says which is missing', async () => {
  const out = join(work, 'kept');
  const table = join(work, 'table.csv');
  await copyFile(labels, table);
  const options = ['--labels', table, '--file-column', 'file', '--label-column', 'colour', '--split', '0.3', '--seed', '2'];
  options.push('--image-size', '20x20', '--batch-size', '4', '--no-tune');
  const run = (...more: readonly string[]) => wgrad(['train', '--train', folder, '--out', out, ...more]);
  const whole = await wgrad(['train', '--train', folder, '--out', join(work, 'whole'), ...options, '--epochs', '2']);
  expect(whole.code).toBe(0);
  await run(...options, '--epochs', '1');
  const resume = ['--no-tune', '--resume', join(out, 'last.safetensors')];
  const goneOn = await run(...resume, '--epochs', '2');
  expect(goneOn.stderr + goneOn.stdout).toContain('Found 14 images belonging to 2 classes.');
  expect(goneOn.code).toBe(0);
  const [wanted, found] = await Promise.all([join(work, 'whole'), out].map(each => readFile(join(each, 'last.safetensors'))));
  expect(found!.equals(wanted!)).toBe(true);
  const moved = join(work, 'moved.csv');
  await rename(table, moved);
  const missing = await run(...resume, '--epochs', '3');
  expect(missing.stderr).toMatch(/cannot read the table .*table\.csv: .* learned by a table: --labels says where it is now/);
  const again = await run(...resume, '--labels', moved, '--epochs', '3');
  expect(again.code).toBe(0);
  const swapped = join(work, 'swapped.csv');
  const text = await readFile(moved, 'utf8');
  await writeFile(
    swapped,
    text.replaceAll(/;(red|blue)/g, (_, name) => (name === 'red' ? ';blue' : ';red')),
  );
  const other = await run(...resume, '--labels', swapped, '--epochs', '4');
  expect(other.stderr).toMatch(
    /does not go on with .*: the run had 14 pictures, there are 14 now: as many of each class, but some with other names or labels/,
  );
});
