import type { Logs } from '../nn/callbacks/callback.js';
import { formatFloat } from '../nn/python_number.js';

/** Python's text of a float. */
const floatText = (value: number): string => formatFloat(value, '');

/** A name as Python's csv module writes it. */
const field = (name: string): string => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** Columns that Keras' CSVLogger writes for an epoch's numbers: in alphabetical order, with those of a validation even where there was none. */
export function csvColumns(logs: Readonly<Logs>): string[] {
  const names = Object.keys(logs).sort();
  return names.some(name => name.startsWith('val_')) ? names : [...names, ...names.map(name => `val_${name}`)];
}

export function csvHeader(columns: readonly string[]): string {
  return `${['epoch', ...columns].map(field).join(',')}\r\n`;
}

/** An epoch, counted from 0, and its numbers; 'NA' where one is missing. */
export function csvRow(epoch: number, columns: readonly string[], logs: Readonly<Logs>): string {
  return `${[epoch, ...columns.map(name => (logs[name] === undefined ? 'NA' : floatText(logs[name])))].join(',')}\r\n`;
}
