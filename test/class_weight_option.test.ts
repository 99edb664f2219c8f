import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classWeights, inequalityNote } from '../src/run/class_weight.js';
import { textOf } from '../src/run/values.js';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';

describe('wgrad train --class-weight', () => {
  let train = '';
  let validation = '';
  let work = '';
  beforeAll(async () => {
    train = await pictureFolder(9, 20, 1);
    for (const i of [3, 4, 5, 6, 7, 8]) await rm(join(train, 'red', `${i}.png`));
    validation = await pictureFolder(2, 20, 2);
    work = await mkdtemp(join(tmpdir(), 'wgrad-weights-'));
  });
  afterAll(async () => {
    for (const folder of [train, validation, work]) await rm(folder, { recursive: true, force: true });
  });

  const run = (out: string, ...more: readonly string[]) => {
    const folders = ['--train', train, '--validation', validation, '--out', join(work, out)];
    return wgrad(['train', ...folders, '--image-size', '20x20', '--no-tune', '--batch-size', '4', '--seed', '3', ...more]);
  };
  const history = (out: string): Promise<string> => readFile(join(work, out, 'history.csv'), 'utf8');

  test('balanced is as its weights by name, is kept by a run that goes on, and differs from none', async () => {
    const balanced = await run('balanced', '--class-weight', 'balanced', '--epochs', '2');
    expect(balanced.stdout).toContain('  blue 9, red 3\n');
    expect(balanced.stdout).toContain('Class weights: blue 0.6667, red 2\n');
    // 12 / (2 * 9) and 12 / (2 * 3).
    await run('named', '--class-weight', `blue=${12 / 18},red=2`, '--epochs', '1');
    const rest = await run('named', '--epochs', '2', '--resume', join(work, 'named', 'last.safetensors'));
    expect(rest.stdout).toContain('Class weights: blue 0.6667, red 2\n');
    expect(await history('named')).toBe(await history('balanced'));
    const none = await run('none', '--epochs', '1');
    expect(none.stderr).toContain(
      "Class 'blue' has 3 times the images of class 'red': --class-weight balanced lets all classes count alike.",
    );
    expect((await history('none')).split('\n')[1]).not.toBe((await history('balanced')).split('\n')[1]);
  });

  test('weights that make no sense are refused', async () => {
    const other = await run('other', '--class-weight', 'green=2');
    expect(other.stderr).toContain("--class-weight has 'green', the classes are 'blue', 'red'");
    for (const word of ['heavy', 'red=', 'red=-1', 'red=two', '=2', 'red=1e999', 'red=1,red=2']) {
      expect(() => classWeights.parse!(word, 'linux'), word).toThrow('wanted');
    }
  });
});

test('class weights are written as they are read', () => {
  for (const word of ['balanced', 'a=1,b=0.25', 'with = in it=2']) {
    const value = classWeights.parse!(word, 'linux');
    expect(textOf(classWeights, value)).toBe(word);
    expect(classWeights.read(JSON.parse(JSON.stringify(value)), 'classWeight')).toEqual(value);
  }
});

test('classes are told unequal from three times on, those without images aside', () => {
  expect(inequalityNote([0, 0, 0, 1, 1], ['a', 'b'])).toBeUndefined();
  expect(inequalityNote([0, 0, 0, 0, 0, 0, 0, 2, 2], ['a', 'b', 'c'])).toContain("Class 'a' has 3.5 times the images of class 'c'");
});
