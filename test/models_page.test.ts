import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endingsOf, WRITTEN_KINDS } from '../src/formats/endings.js';
import type { ModelKind } from '../src/formats/model_file.js';
import { packageRoot } from '../src/node/paths.js';

const page = readFileSync(join(packageRoot, 'docs', 'models.md'), 'utf8');
const textOf = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

/** Every kind, so that the compiler asks for a new one here. */
const KINDS: Readonly<Record<ModelKind, true>> = {
  h5: true,
  'h5-weights': true,
  keras: true,
  'weights.h5': true,
  savedmodel: true,
  tfjs: true,
  onnx: true,
  safetensors: true,
};

/** Rows of the table of what is shown: the kind, then its cells. */
const rows = page
  .slice(page.indexOf('| kind | read |'))
  .split('\n\n')[0]!
  .split('\n')
  .slice(2)
  .map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
  .map(([kind, ...cells]) => [kind!.replaceAll('`', ''), ...cells]);

const namesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

test('docs/models.md has each kind of model once, and what is written is what convert writes', () => {
  expect(rows.map(([kind]) => kind)).toEqual(Object.keys(KINDS));
  expect(
    rows
      .filter(([, , , , written]) => written !== 'no')
      .map(([kind]) => kind)
      .sort(),
  ).toEqual([...WRITTEN_KINDS].sort());
  for (const ending of endingsOf().split(', ')) expect(page).toContain(`\`${ending}\``);
});

test.each(rows.flatMap(([kind, ...cells]) => cells.flatMap(cell => namesIn(cell).map(path => [kind!, path] as const))))(
  'of %s, %s is there and about it',
  (kind, path) => {
    expect(existsSync(join(packageRoot, path)), path).toBe(true);
    const text = textOf(path);
    // A result of a real program says of each line whether it is as wanted.
    if (path.endsWith('.txt')) {
      const ending = kind === 'savedmodel' ? '.model' : `.${kind}`;
      expect(text).toContain(ending);
      for (const line of text.trim().split('\n')) if (/within|wgrad:/.test(line)) expect(line).toMatch(/ ok$/);
    }
    if (path.endsWith('.json')) expect(Object.keys(JSON.parse(text) as object).length).toBeGreaterThan(0);
    if (path.endsWith('.test.ts')) expect(text).toMatch(/^ *test(\.each)?\(/m);
  },
);

test('other pages lead to it', () => {
  for (const path of ['docs/commands.md', 'docs/library.md']) expect(textOf(path)).toContain('(models.md');
});
