import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { pathToOpen } from '../node/names.js';
import { byCodePoints } from './code_points.js';
import { isImageName } from './folder.js';
import { plain } from './plain.js';
import type { Row, Table } from './table.js';

/** What labels are made of: see ClassMode; 'raw' takes the numbers of one column or several as they are. */
export type DataframeClassMode = 'categorical' | 'binary' | 'sparse' | 'raw' | null;

export interface ListingOptions {
  /** Where files lie whose names are not absolute; default the working folder. */
  readonly directory?: string | undefined;
  /** The column of files; default 'filename'. */
  readonly xCol?: string | undefined;
  /** The column of labels, or several of numbers; default 'class'. */
  readonly yCol?: string | readonly string[] | undefined;
  /** A column of numbers: how much each row's loss counts. */
  readonly weightCol?: string | undefined;
  readonly classMode?: DataframeClassMode | undefined;
  /** Which classes, in which order: rows of others are left out. Default all, sorted. */
  readonly classes?: readonly string[] | undefined;
  /** Whether rows are left out whose files are missing, or named as no image. Default true. */
  readonly validateFilenames?: boolean | undefined;
}

/** The images of a table, in its order. */
export interface ListedTable {
  readonly filenames: readonly string[];
  readonly paths: readonly string[];
  /** Index in classNames; of an image with several labels the lowest, without classes 0. */
  readonly classes: readonly number[];
  readonly classNames: readonly string[];
  /** Numbers to learn, one row an image, where these are no single class. */
  readonly targets?: readonly (readonly number[])[] | undefined;
  readonly weights?: readonly number[] | undefined;
  /** Files left out, each with the reason: missing, or named as no image. */
  readonly invalid: readonly string[];
}

const CLASS_MODES: readonly DataframeClassMode[] = ['categorical', 'binary', 'sparse', 'raw', null];

const shown = (value: unknown): string =>
  value === undefined || value === null || value === '' ? 'nothing' : plain(JSON.stringify(value) ?? String(value));

/** Reads one table's cells, and says where one is that holds something else. */
class Cells {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  checkColumn(column: string, option: string): void {
    if (this.#table.rows.some(row => Object.hasOwn(row, column))) return;
    const found = [...new Set(this.#table.rows.flatMap(row => Object.keys(row)))].map(name => `'${plain(name)}'`);
    throw new Error(`${this.#table.name} has no column '${plain(column)}' (${option}); its columns: ${found.join(', ') || 'none'}`);
  }

  text(row: number, column: string): string {
    const value = this.#value(row, column);
    return typeof value === 'string' && value !== '' ? value : this.#refuse(row, column, 'text');
  }

  /** One label, or a list of them. */
  labels(row: number, column: string): readonly string[] {
    const value = this.#value(row, column);
    if (!Array.isArray(value)) return [this.text(row, column)];
    const isText = (label: unknown): label is string => typeof label === 'string' && label !== '';
    return value.length > 0 && value.every(isText) ? value : this.#refuse(row, column, 'text, or a list of texts');
  }

  number(row: number, column: string): number {
    const value = this.#value(row, column);
    const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
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

/**
 * The images of a table as Keras lists them: rows keep their order, those without a file are left out, classes are sorted. Throws a TypeError where a cell
 * holds something else than its column is taken for.
 * Source: keras/preprocessing/image.py, class DataFrameIterator
 */
export async function listTable(table: Table, options: ListingOptions): Promise<ListedTable> {
  const { directory = '', xCol = 'filename', yCol = 'class', weightCol, classMode = 'categorical', validateFilenames = true } = options;
  const columns = typeof yCol === 'string' ? [yCol] : yCol;
  if (!CLASS_MODES.includes(classMode)) {
    throw new Error(
      `flowFromDataframe: classMode '${classMode}' is not known; wanted categorical, binary, sparse, raw (of several columns too) or null`,
    );
  }
  if (columns.length !== 1 && (classMode !== 'raw' || columns.length === 0)) {
    throw new Error(`flowFromDataframe: yCol names ${columns.length} columns, wanted one; several are for classMode 'raw'`);
  }
  if (table.rows.length === 0) throw new Error(`${table.name} has no rows; wanted one for each image`);
  const wrong = table.rows.findIndex(row => typeof row !== 'object' || row === null);
  if (wrong >= 0) throw new TypeError(`${table.where(wrong)} is ${shown(table.rows[wrong])}; wanted an object of its columns`);
  const cells = new Cells(table);
  cells.checkColumn(xCol, 'files: xCol, --file-column');
  if (classMode !== null) for (const column of columns) cells.checkColumn(column, 'labels: yCol, --label-column');
  if (weightCol !== undefined) cells.checkColumn(weightCol, 'weights: weightCol');

  const all = [...table.rows.keys()];
  const names = all.map(row => cells.text(row, xCol));
  const weights = weightCol === undefined ? undefined : all.map(row => cells.number(row, weightCol));
  const numbers = classMode === 'raw' ? all.map(row => columns.map(column => cells.number(row, column))) : undefined;
  const hasClasses = classMode !== null && classMode !== 'raw';
  const own = (row: number): readonly string[] =>
    classMode === 'categorical' ? cells.labels(row, columns[0]!) : [cells.text(row, columns[0]!)];
  const labels = hasClasses ? all.map(own) : undefined;
  const given = options.classes?.length ? [...new Set(options.classes)] : undefined;
  if (classMode === 'binary') {
    const count = given?.length ?? new Set(labels!.flat()).size;
    if (count !== 2) throw new Error(`${table.name}: column '${plain(columns[0]!)}' has ${count} classes; classMode 'binary' wants 2`);
  }

  const paths = names.map(name => (isAbsolute(name) ? name : join(directory, name)));
  const faults = validateFilenames ? await faultsOf(paths) : paths.map(() => undefined);
  const valids = all.filter(row => faults[row] === undefined);
  const classNames = labels ? (given ?? [...new Set(valids.flatMap(row => labels[row]!))].sort(byCodePoints)) : [];
  const indices = new Map(classNames.map((name, index) => [name, index]));
  const known = labels?.map(list => list.flatMap(label => indices.get(label) ?? []));
  const rows = valids.filter(row => !known || known[row]!.length > 0);
  const isSeveral = table.rows.some(row => Array.isArray(row[columns[0]!])) && classMode === 'categorical';
  const khot = (row: number): number[] => classNames.map((_, index) => Number(known![row]!.includes(index)));
  return {
    filenames: rows.map(row => names[row]!),
    paths: rows.map(row => paths[row]!),
    classes: rows.map(row => (known ? Math.min(...known[row]!) : 0)),
    classNames,
    targets: numbers ? rows.map(row => numbers[row]!) : isSeveral ? rows.map(khot) : undefined,
    weights: weights && rows.map(row => weights[row]!),
    invalid: names.flatMap((name, row) => (faults[row] === undefined ? [] : `'${plain(name)}' ${faults[row]}`)),
  };
}

/** Files asked about at once. */
const AT_ONCE = 256;

/** What is wrong with each file, if something is. */
async function faultsOf(paths: readonly string[]): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for (let first = 0; first < paths.length; first += AT_ONCE) {
    const some = paths.slice(first, first + AT_ONCE).map(async path => {
      if (!isImageName(path)) return 'is not named as an image, as .png or .jpg';
      const file = await stat(pathToOpen(path)).catch(() => undefined);
      return file?.isFile() ? undefined : 'is no file';
    });
    found.push(...(await Promise.all(some)));
  }
  return found;
}
