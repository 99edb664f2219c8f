import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import { subsetOf } from '../src/data/split.js';
import { packageRoot } from '../src/node/paths.js';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';
import { fixtureJson } from './helpers/shared.js';

/** Classes of so many pictures. */
const listing = (...counts: readonly number[]) => ({
  classNames: counts.map((_, i) => `c${i}`),
  filenames: counts.flatMap((count, i) => Array.from({ length: count }, (_, k) => `c${i}/${k}.png`)),
  classes: counts.flatMap((count, i) => Array.from({ length: count }, () => i)),
  ignored: 0,
});

const byClass = (classes: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, i) => classes.filter(label => label === i).length);

describe('a part of a folder to judge by', () => {
  test.each(fixtureJson<{ share: number; training: string[]; validation: string[] }[]>('keras_split.json'))(
    "is Keras' by order, of share $share",
    async ({ share, ...wanted }) => {
      const generator = imageDataGenerator({ validationSplit: share });
      for (const subset of ['training', 'validation'] as const) {
        const found = await generator.flowFromDirectory(join(packageRoot, 'data/faces'), { subset, targetSize: [8, 8] });
        expect(found.filenames.map(name => name.replaceAll('\\', '/'))).toEqual(wanted[subset]);
      }
    },
  );

  test('is drawn by the seed, each class in proportion, and each picture is in one part', () => {
    const all = listing(100, 10, 3, 1);
    const parts = (seed: number) => (['training', 'validation'] as const).map(subset => subsetOf(all, { share: 0.2, seed }, subset));
    const [training, validation] = parts(7) as [typeof all, typeof all];
    expect(byClass(validation.classes, 4)).toEqual([20, 2, 1, 0]);
    expect([...training.filenames, ...validation.filenames].sort()).toEqual([...all.filenames].sort());
    expect(training.filenames).toEqual(all.filenames.filter(name => training.filenames.includes(name)));
    expect(parts(7)).toEqual([training, validation]);
    expect(parts(8)[1]!.filenames).not.toEqual(validation.filenames);
  });

  test('keeps its pictures where others are added', () => {
    const validation = (count: number): string[] => subsetOf(listing(count), { share: 0.2, seed: 3 }, 'validation').filenames as string[];
    const before = validation(500);
    const old = new Set(listing(500).filenames);
    const left = before.filter(name => !validation(550).includes(name));
    const joined = validation(550).filter(name => old.has(name) && !before.includes(name));
    expect(left.length + joined.length).toBeLessThan(15);
  });

  test('that would be empty is refused', async () => {
    const generator = imageDataGenerator({ validationSplit: 0.1 });
    await expect(generator.flowFromDirectory(join(packageRoot, 'data/faces'), { subset: 'validation' })).rejects.toThrow(
      'a validation split of 0.1 leaves no validation images of its 12',
    );
  });
});

describe('wgrad train with a part of one folder', () => {
  let train = '';
  let work = '';
  beforeAll(async () => {
    train = await pictureFolder(10, 20, 1);
    work = await mkdtemp(join(tmpdir(), 'wgrad-split-'));
  });
  afterAll(async () => {
    for (const folder of [train, work]) await rm(folder, { recursive: true, force: true });
  });

  const run = (out: string, ...more: readonly string[]) =>
    wgrad(['train', '--train', train, '--image-size', '20x20', '--out', join(work, out), '--no-tune', '--batch-size', '4', ...more]);

  test('--split goes on with the same parts, and the same weights as without a stop', async () => {
    const whole = await run('whole', '--split', '0.3', '--seed', '5', '--epochs', '2');
    expect(whole.stdout).toContain('Found 14 images belonging to 2 classes.');
    expect(whole.stdout).toContain('Found 6 images belonging to 2 classes.');
    await run('parts', '--split', '0.3', '--seed', '5', '--epochs', '1');
    const last = join(work, 'parts', 'last.safetensors');
    const other = await run('parts', '--resume', last, '--epochs', '2', '--split', '0.4');
    expect(other.stderr).toContain('--split is 0.4, the run in');
    const both = await run('parts', '--resume', last, '--epochs', '2', '--validation', train);
    expect(both.stderr).toMatch(/--validation \S+ and --split 0.3 both say which images a run is judged by/);
    const rest = await run('parts', '--resume', last, '--epochs', '2');
    expect(rest.code).toBe(0);
    const [a, b] = await Promise.all(['whole', 'parts'].map(out => readFile(join(work, out, 'last.safetensors'))));
    expect(a!.equals(b!)).toBe(true);
  });

  test('--validation-split judges by the first of each class', async () => {
    const { code, stdout } = await run('order', '--validation-split', '0.25', '--max-steps', '1');
    expect(code).toBe(0);
    expect(stdout).toContain('Found 16 images belonging to 2 classes.');
    expect(stdout).toContain('Found 4 images belonging to 2 classes.');
  });

  test('a class without a picture to judge by is told', async () => {
    const all = join(work, 'unequal');
    for (const [name, count] of [
      ['few', 1],
      ['many', 3],
    ] as const) {
      await mkdir(join(all, name), { recursive: true });
      for (let i = 0; i < count; i++) await copyFile(join(train, name === 'few' ? 'red' : 'blue', `${i}.png`), join(all, name, `${i}.png`));
    }
    const out = join(work, 'unequal-out');
    const told = await wgrad([
      'train',
      '--train',
      all,
      '--split',
      '0.2',
      '--image-size',
      '20x20',
      '--epochs',
      '1',
      '--no-tune',
      '--out',
      out,
    ]);
    expect(told.stdout).toContain('few 0, many 1');
    expect(told.stderr).toContain("class 'few' has no images in the validation part.");
    expect(told.code).toBe(0);
    const judged = await wgrad(['evaluate', join(out, 'last.safetensors'), '--data', all, '--no-tune', '--classes', 'few,many']);
    expect(judged.stdout).toMatch(/(Best threshold: 'many'|No threshold has a better balanced accuracy)/);
  });

  test('nothing to judge by, two ways of it, or no share is refused', async () => {
    const none = await run('none');
    expect(none.stderr).toMatch(/nothing says which images the run is judged by: wanted --validation <dir>, or a part of --train: --split/);
    expect(none.code).toBe(2);
    const two = await run('two', '--split', '0.2', '--validation-split', '0.2');
    expect(two.stderr).toContain('--split 0.2 and --validation-split 0.2 both say which images a run is judged by');
    for (const share of ['0', '1', '20', 'half']) {
      const refused = await run('share', '--split', share);
      expect(refused.stderr).toContain('wanted a number between 0 and 1');
      expect(refused.code).toBe(2);
    }
  });
});
