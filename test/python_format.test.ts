import { expect, test } from 'vitest';
import { pythonFormat } from '../src/nn/python_format.js';
import { formatFloat, formatInt } from '../src/nn/python_number.js';
import { fixtureJson } from './helpers/shared.js';

type Got = { readonly text: string } | { readonly error: string; readonly message: string };

/** Made by fixtures/python_format.py. */
const recorded = fixtureJson<{
  numbers: [spec: string, { type: 'float' | 'int'; value: number | string }, Got][];
  values: Record<string, number>;
  templates: [template: string, Got][];
}>('python_format.json');

const attempt = (work: () => string): Got => {
  try {
    return { text: work() };
  } catch (error) {
    return { error: 'Error', message: (error as Error).message };
  }
};

const NON_FINITE: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity };

test('numbers are formatted, and formats refused, as Python does', () => {
  for (const [spec, { type, value }, wanted] of recorded.numbers) {
    const number = typeof value === 'string' ? NON_FINITE[value]! : value;
    const got = attempt(() => (type === 'int' ? formatInt : formatFloat)(number, spec));
    const told = 'text' in wanted ? wanted : { error: 'Error', message: wanted.message };
    expect(got, `format(${type}(${value}), '${spec}')`).toEqual(told);
  }
});

test('templates are filled, and refused, as Python does', () => {
  for (const [template, wanted] of recorded.templates) {
    const got = attempt(() => pythonFormat(template, recorded.values));
    if ('text' in wanted) expect(got, template).toEqual(wanted);
    else expect('text' in got ? got : undefined, `${template} raises ${wanted.error}: ${wanted.message}`).toBeUndefined();
    if ('error' in wanted && wanted.error === 'ValueError' && 'message' in got && !template.includes('!'))
      expect(got.message).toContain(wanted.message);
  }
});

test('file names are made from templates as Python makes them', () => {
  const vectors = fixtureJson<{ python_format: [string, Record<string, number>, string][] }>('vectors.json');
  for (const [template, values, wanted] of vectors.python_format) expect(pythonFormat(template, values)).toBe(wanted);
  expect(pythonFormat('{{{epoch}}}', { epoch: 3 })).toBe('{3}');
});

test('wrong templates say what is wrong', () => {
  const message = (template: string): unknown => attempt(() => pythonFormat(template, { epoch: 1, loss: 1.5 }));
  const refused = (text: string): unknown => ({ error: 'Error', message: text });
  expect(message('m-{epoc:03d}')).toEqual(refused("'m-{epoc:03d}' names {epoc}, which is not among epoch, loss"));
  expect(message('m-{toString}')).toEqual(refused("'m-{toString}' names {toString}, which is not among epoch, loss"));
  expect(message('m-{epoch:03d')).toEqual(refused("'m-{epoch:03d': unmatched '{' in format spec"));
  expect(message('m-{loss:d}')).toEqual(refused("'m-{loss:d}': {loss:d}: Unknown format code 'd' for object of type 'float'"));
  expect(message('m-{loss:.2q}')).toEqual(refused("'m-{loss:.2q}': {loss:.2q}: Unknown format code 'q' for object of type 'float'"));
});
