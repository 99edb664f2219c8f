import { expect, test } from 'vitest';
import { formatNumber, pythonFormat } from '../src/nn/python_format.js';
import { fixtureJson } from './helpers/shared.js';

test('numbers are formatted as Python formats them', () => {
  // Each [spec, value, Python's format(value, spec)], whole numbers as int: made with CPython 3.11.
  for (const [spec, value, wanted] of fixtureJson<[string, number, string][]>('python_format.json')) {
    expect(formatNumber(value, spec), `format(${value}, '${spec}')`).toBe(wanted);
  }
  expect(formatNumber(NaN, '.2f')).toBe('nan');
  expect(formatNumber(-Infinity, '6.1f')).toBe('  -inf');
});

test('file names are made from templates as Python makes them', () => {
  const vectors = fixtureJson<{ python_format: [string, Record<string, number>, string][] }>('vectors.json');
  for (const [template, values, wanted] of vectors.python_format) expect(pythonFormat(template, values)).toBe(wanted);
  expect(pythonFormat('{{{epoch}}}', { epoch: 3 })).toBe('{3}');
});

test('wrong templates say what is wrong', () => {
  expect(() => pythonFormat('m-{epoc:03d}', { epoch: 1, loss: 2 })).toThrow("'m-{epoc:03d}' names {epoc}, which is not among epoch, loss");
  expect(() => pythonFormat('m-{toString}', { epoch: 1 })).toThrow('names {toString}, which is not among epoch');
  expect(() => pythonFormat('m-{epoch:03d', { epoch: 1 })).toThrow('a single {');
  expect(() => pythonFormat('m-{loss:d}', { loss: 1.5 })).toThrow('wants a whole number, 1.5 is none');
  expect(() => pythonFormat('m-{loss:.2q}', { loss: 1.5 })).toThrow("'.2q' is no number format");
});
