import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Turns of phrase that readers stumbled over, and what stands in their place. */
const PLAIN: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bcame about\b/i, 'was computed'],
  [/\bas step \S+ would\b/, 'with the weights before step'],
  [/\bGo on (from|with)\b/, 'Resume from'],
  [/\bseed: drawn\b|drawn and printed/, 'random'],
  [/\b(images|pictures|ms|milliseconds|numbers|weights) a (step|batch|class)\b/i, 'per step'],
  [/\bsubfolder a class\b|\bobject a (line|file|kernel)\b/, 'per class'],
  [/\bis ╲ taken for\b|← taken/, 'true ╲ predicted; ← the winner'],
  [/\bmost alike\b/i, 'most similar'],
  [/\b(it|this|which) is no (image|picture|path|JSON|dataset|text)\b/, 'is not an image'],
  [/\bin the midst of epochs\b/, 'during an epoch'],
  [/^(<{7}|>{7}) /, 'one side of a merge'],
];

/** A comment, which only those read who change the program. */
const COMMENT = /^\s*(\/\/|\/?\*)/;

test('texts that people read are plain English', async () => {
  const sources = (await readdir(join(root, 'src'), { recursive: true }))
    .filter(name => /\.tsx?$/.test(name))
    .map(name => join('src', name));
  const pages = (await readdir(join(root, 'docs'))).filter(name => name.endsWith('.md')).map(name => join('docs', name));
  const found: string[] = [];
  for (const file of ['README.md', 'CHANGELOG.md', ...pages, ...sources]) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    for (const [at, line] of lines.entries()) {
      if (file.endsWith('.ts') && COMMENT.test(line)) continue;
      for (const [pattern, instead] of PLAIN) {
        const text = pattern.exec(line)?.[0];
        if (text) found.push(`${file}:${at + 1}: '${text}', better '${instead}'`);
      }
    }
  }
  expect(found).toEqual([]);
});
