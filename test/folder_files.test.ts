import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeFolder } from '../src/node/folder_files.js';

const folder = mkdtempSync(join(tmpdir(), 'wgrad-folders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const isModel = (name: string): boolean => /\.(json|bin)$/.test(name);
const contentOf = (path: string) => Object.fromEntries(readdirSync(path).map(name => [name, readFileSync(join(path, name), 'utf8')]));

test('a folder is written whole, with those above it, and another of the same files is replaced', async () => {
  const path = join(folder, 'above/model');
  await writeFolder(
    path,
    new Map([
      ['model.json', bytes('one')],
      ['b.bin', bytes('two')],
    ]),
    isModel,
  );
  expect(contentOf(path)).toEqual({ 'b.bin': 'two', 'model.json': 'one' });
  await writeFolder(path, new Map([['model.json', bytes('new')]]), isModel);
  expect(contentOf(path)).toEqual({ 'model.json': 'new' });
  expect(readdirSync(join(folder, 'above'))).toEqual(['model']);
});

test('a folder with something else in it, a file and a link in a circle stay as they are', async () => {
  const own = join(folder, 'documents');
  mkdirSync(own);
  writeFileSync(join(own, 'letter.txt'), 'dear');
  writeFileSync(join(own, 'model.json'), 'old');
  const files = new Map([['model.json', bytes('new')]]);
  await expect(writeFolder(own, files, isModel)).rejects.toThrow(`cannot write ${own}: the folder holds 'letter.txt' too`);
  expect(contentOf(own)).toEqual({ 'letter.txt': 'dear', 'model.json': 'old' });
  const file = join(folder, 'file');
  writeFileSync(file, 'old');
  await expect(writeFolder(file, files, isModel)).rejects.toThrow('it is a file, wanted the name of a folder');
  await expect(writeFolder(join(file, 'below'), files, isModel)).rejects.toThrow(/a part of its path is a file/);
  expect(readFileSync(file, 'utf8')).toBe('old');
  const link = join(folder, 'link');
  symlinkSync(link, link);
  await expect(writeFolder(join(link, 'below'), files, isModel)).rejects.toThrow(/cannot write .*link/);
  expect(readdirSync(folder).filter(name => name.startsWith('.tmp'))).toEqual([]);
});
