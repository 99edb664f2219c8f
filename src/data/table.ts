import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CsvError, type Options, parse } from 'csv-parse/sync';
import { readReason } from '../node/errors.js';
import { pathToOpen } from '../node/names.js';
import { plain } from './plain.js';

/** A row of a table: what its columns hold. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows, and how each is named to people. */
export interface Table {
  readonly rows: readonly Row[];
  /** As 'labels.csv' or 'the table'. */
  readonly name: string;
  /** As 'labels.csv, line 3' or 'row 1 of the table'. */
  where(row: number): string;
}

const JSON_LINES = ['.jsonl', '.ndjson'];
const DELIMITERS = [',', ';', '\t'];

/** Rows that a program gives. */
export const tableOf = (rows: readonly Row[]): Table => ({ rows, name: 'the table', where: row => `row ${row} of the table` });

/**
 * Reads a table: JSON lines where the name ends so or it begins as such, else CSV whose first line names the columns, separated by commas, semicolons or tabs, whichever the first
 * line has most of. Cells of CSV are text. UTF-8, or UTF-16 with its mark. Throws where it is none of these, naming file and line.
 */
export async function readTable(file: string): Promise<Table> {
  const name = plain(file);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(pathToOpen(file));
  } catch (error) {
    throw new Error(`cannot read the table ${name}: ${readReason(error)}`, { cause: error });
  }
  const text = decoded(bytes, name);
  const isJsonLines = JSON_LINES.includes(extname(file).toLowerCase()) || text.trimStart().startsWith('{');
  const { rows, lines } = isJsonLines ? jsonLines(text, name) : csv(text, name);
  if (rows.length === 0) throw new Error(`${name} has no rows; wanted a first line that names the columns, then a line for each image`);
  return { rows, name, where: row => `${name}, line ${lines[row]}` };
}

function decoded(bytes: Uint8Array, name: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below.
  }
  throw new Error(`${name} is not text in UTF-8, or in UTF-16 with a byte order mark: save it as CSV in UTF-8`);
}

interface Lines {
  readonly rows: readonly Row[];
  /** Number of each row's line in the file, from 1. */
  readonly lines: readonly number[];
}

function jsonLines(text: string, name: string): Lines {
  const rows: Row[] = [];
  const lines: number[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (error) {
      throw new Error(`${name}, line ${i + 1}: ${(error as Error).message}; wanted a JSON object`, { cause: error });
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new Error(`${name}, line ${i + 1}: found no JSON object; wanted one a line, as {"filename": "a.png", "class": "cat"}`);
    }
    rows.push(row as Row);
    lines.push(i + 1);
  }
  return { rows, lines };
}

function csv(text: string, name: string): Lines {
  if (/^\s*\[\s*[{\]]/.test(text)) throw new Error(`${name} is a JSON list; wanted CSV, or one JSON object per line`);
  // Excel's own line, which says how cells are separated.
  const told = /^sep=([,;\t])\r?\n/i.exec(text);
  const [first = ''] = text.trimStart().split(/[\r\n]/, 1);
  const count = (delimiter: string): number => first.replace(/"[^"]*"/g, '').split(delimiter).length;
  const delimiter = told?.[1] ?? DELIMITERS.reduce((best, other) => (count(other) > count(best) ? other : best));
  const options: Options = {
    delimiter,
    info: true,
    from_line: told ? 2 : 1,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    // As spreadsheets leave them at the end.
    skip_records_with_empty_values: true,
    relax_column_count: true,
    // A quote within a cell that begins without one is a character, as to pandas.
    relax_quotes: true,
  };
  let records: readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  try {
    records = parse(text, options) as unknown as typeof records;
  } catch (error) {
    if (error instanceof CsvError) throw new Error(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
  const [header, ...rest] = records;
  const columns = header?.record ?? [];
  // Spreadsheets leave columns without a name at the end: nothing can ask for them.
  const twice = columns.find((column, i) => column !== '' && columns.indexOf(column) < i);
  if (twice !== undefined) throw new Error(`${name}, line 1: two columns are named '${plain(twice)}'; wanted a name of its own for each`);
  const rows = rest.map(({ record, info }) => {
    if (record.length !== columns.length) {
      throw new Error(
        `${name}, line ${info.lines}: found ${record.length} cell${record.length === 1 ? '' : 's'}, wanted ${columns.length}, as the first line names columns`,
      );
    }
    return Object.fromEntries(columns.flatMap((column, i) => (column === '' ? [] : [[column, record[i]]])));
  });
  return { rows, lines: rest.map(({ info }) => info.lines) };
}
