import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adam } from '../src/nn/optimizers.js';
import { packageRoot } from '../src/node/paths.js';
import { DEFAULTS, FORM_DEFAULTS, OPTION_NAMES, type OptionName, recordOf, type TrainOptions } from '../src/run/options.js';
import { textOf } from '../src/run/values.js';
import { parseCommand } from '../src/studio/engine/commands.js';

/** Rows of a table of docs/commands.md, as cells. */
function rowsBelow(heading: string): string[][] {
  const page = readFileSync(join(packageRoot, 'docs', 'commands.md'), 'utf8');
  const section = page.slice(page.indexOf(heading)).split('\n## ')[0]!;
  const lines = section.split('\n').filter(line => line.startsWith('| `'));
  return lines.map(line => line.split(/(?<!\\)\|/).map(cell => cell.trim().replaceAll('\\|', '|')));
}

test("docs/commands.md has train's options as their records have them, each once, with its default", () => {
  // What all commands have stands in a table of its own; what must be given, above.
  const names = OPTION_NAMES.filter(name => name !== 'json' && !recordOf(name).isRequired);
  const spelt = (flag: string): string => flag.replaceAll(/[<>`]/g, '').toLowerCase();
  const defaultOf = (name: OptionName): string => {
    const { flag, kind, default: value } = recordOf(name);
    return value === undefined || flag.startsWith('--no-') ? '' : textOf(kind, value);
  };
  const wanted = names.map(name => [spelt(recordOf(name).flag), defaultOf(name)]);
  const inWords = ['random, printed', recordOf('learningRate').field?.hint];
  const rows = rowsBelow('## Options of train').map(([, flag, value]) => [spelt(flag!), inWords.includes(value!) ? '' : value]);
  expect(rows).toEqual(wanted);
});

test('what the form of the page holds at first, the server takes as it is', () => {
  expect(parseCommand(JSON.stringify({ type: 'start', config: FORM_DEFAULTS }), process.platform)).toEqual({
    type: 'start',
    config: FORM_DEFAULTS,
  });
});

test("the learning rate that help and form name is Adam's", () => {
  const rate = `${adam().learningRate}`;
  expect([recordOf('learningRate').help, recordOf('learningRate').field?.hint]).toEqual([`Adam's learning rate (default ${rate})`, rate]);
});

test('defaults and two folders are a run', () => {
  const options: TrainOptions = { ...DEFAULTS, train: 'a', validation: 'b' };
  expect(options).toMatchObject({ epochs: 10, batchSize: 10, imageSize: [150, 150], out: 'out', augment: true });
});

test('the records of options need neither Node nor commander, so that the page has them', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, name] of text.matchAll(/^import (?!type )[^;]*? from '([^']+)';/gm)) {
      expect(name, `${file} imports ${name}`).toMatch(/^\./);
      visit(join(file, '..', name!.replace(/\.js$/, '.ts')));
    }
    expect(text, file).not.toMatch(/\bprocess\./);
  };
  visit(join(packageRoot, 'src', 'run', 'options.ts'));
  expect(seen.size).toBeGreaterThan(3);
});
