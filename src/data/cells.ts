import { cutMiddle } from './cut.js';
import { isImageName } from './folder.js';
import { plain } from './plain.js';
import type { Row, Table } from './table.js';

/** Characters of a cell, and names of columns, that a message shows at most. */
const LONGEST_SHOWN = 60;
const MOST_COLUMNS = 20;

/** What pandas takes for a number: no signs of other bases, no separators of thousands. */
const NUMBER = /^[ \t]*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[ \t]*$/i;
/** What it takes for truth values: all of a column. */
const TRUTH = new Map(['True', 'TRUE', 'true', 'False', 'FALSE', 'false'].map((word, i) => [word, i < 3 ? 1 : 0]));

export const shown = (value: unknown): string =>
  value === undefined || value === null || value === ''
    ? 'nothing'
    : cutMiddle(plain(JSON.stringify(value) ?? String(value)), LONGEST_SHOWN);

/** Reads one table's cells, and says where one is that holds something else. */
export class Cells {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Throws where no row has the column. `option`: what names it. */
  checkColumn(column: string, option: string): void {
    const { rows, name } = this.#table;
    if (rows.some(row => Object.hasOwn(row, column))) return;
    const found = [...new Set(rows.flatMap(row => Object.keys(row)))];
    const names = found.slice(0, MOST_COLUMNS).map(each => `'${cutMiddle(plain(each), LONGEST_SHOWN)}'`);
    const more = found.length > names.length ? ` and ${found.length - names.length} more` : '';
    const hint = found.some(isImageName) ? '. Its first line is to name the columns' : '';
    throw new Error(`${name} has no column '${plain(column)}' (${option}); its columns: ${names.join(', ') || 'none'}${more}${hint}`);
  }

  text(row: number, column: string): string {
    const value = this.#value(row, column);
    return typeof value === 'string' && value !== '' ? value : this.#refuse(row, column, 'text');
  }

  /** One label, or a list of them, which may be empty. */
  labels(row: number, column: string): readonly string[] {
    const value = this.#value(row, column);
    if (!Array.isArray(value)) return [this.text(row, column)];
    const isText = (label: unknown): label is string => typeof label === 'string' && label !== '';
    return value.every(isText) ? value : this.#refuse(row, column, 'text, or a list of texts');
  }

  /** A number, or a truth value as 1 or 0. */
  target(row: number, column: string): number {
    const value = this.#value(row, column);
    const truth = typeof value === 'boolean' ? Number(value) : TRUTH.get(value as string);
    return truth ?? this.number(row, column);
  }

  number(row: number, column: string): number {
    const value = this.#value(row, column);
    const isNumber = typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value));
    return isNumber && Number.isFinite(Number(value)) ? Number(value) : this.#refuse(row, column, 'a number');
  }

  #value(row: number, column: string): unknown {
    const values: Row = this.#table.rows[row]!;
    return Object.hasOwn(values, column) ? values[column] : undefined;
  }

  #refuse(row: number, column: string, wanted: string): never {
    const value = this.#value(row, column);
    throw new TypeError(`${this.#table.where(row)}: column '${plain(column)}' holds ${shown(value)}; wanted ${wanted}`);
  }
}
