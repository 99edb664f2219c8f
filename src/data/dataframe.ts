import { stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { pathToOpen } from '../node/names.js';
import { Cells, shown } from './cells.js';
import { byCodePoints } from './code_points.js';
import { cutMiddle } from './cut.js';
import { isImageName } from './folder.js';
import { plain } from './plain.js';
import type { Table } from './table.js';

/** Characters of a file's name that messages show. */
const LONGEST_NAME = 120;

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

/** Images of a folder or a table, in its order. */
export interface Listing {
  readonly filenames: readonly string[];
  readonly paths: readonly string[];
  /** Index in classNames; of an image with several labels the lowest, without any 0. */
  readonly classes: readonly number[];
  readonly classNames: readonly string[];
  /** Numbers to learn, one row an image, where these are no single class. */
  readonly targets?: readonly (readonly number[])[] | undefined;
  readonly weights?: readonly number[] | undefined;
}

export interface ListedTable extends Listing {
  /** Files left out, each with the reason: missing, or named as no image. */
  readonly invalid: readonly string[];
  /** What is to be said of the table: Keras' warnings, and labels that may be meant otherwise. */
  readonly notes: readonly string[];
}

const CLASS_MODES: readonly DataframeClassMode[] = ['categorical', 'binary', 'sparse', 'raw', null];

/** Keras' others, and why they are not here. */
const OTHER_MODES = new Map([
  ['multi_output', "is for models of several outputs, which there are not here: 'raw' takes several columns for one output"],
  ['input', 'has the images themselves for labels, which there are not here: wanted categorical, binary, sparse, raw or null'],
]);

/** Labels that pandas takes for nothing unless it is told not to. */
const MISSING = new Set(['#N/A', '#N/A N/A', '#NA', '-NaN', '-nan', '<NA>', 'N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null']);

/**
 * The images of a table as Keras lists them: rows keep their order, those without a file are left out, classes are sorted. Throws a TypeError where a cell
 * holds something else than its column is taken for.
 * Source: keras/preprocessing/image.py, class DataFrameIterator
 */
export async function listTable(table: Table, options: ListingOptions): Promise<ListedTable> {
  const { directory = '', xCol = 'filename', yCol = 'class', weightCol, classMode = 'categorical', validateFilenames = true } = options;
  const columns = typeof yCol === 'string' ? [yCol] : yCol;
  if (!CLASS_MODES.includes(classMode)) {
    const why =
      OTHER_MODES.get(classMode as string) ?? 'is not known; wanted categorical, binary, sparse, raw (of several columns too) or null';
    throw new Error(`flowFromDataframe: classMode '${plain(String(classMode))}' ${why}`);
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
  const numbers = classMode === 'raw' ? all.map(row => columns.map(column => cells.target(row, column))) : undefined;
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
  const invalid = names.flatMap((name, row) =>
    faults[row] === undefined ? [] : `'${cutMiddle(plain(name), LONGEST_NAME)}' ${faults[row]}`,
  );
  // A list that was empty from the first is of no class, and stays.
  const rows = valids.filter(row => !known || !given || known[row]!.length > 0);
  if (rows.length === 0) throw new Error(`${table.name}: none of its ${all.length} rows is an image to take; ${whyNone(invalid, options)}`);
  const isSeveral = table.rows.some(row => Array.isArray(row[columns[0]!])) && classMode === 'categorical';
  const khot = (row: number): number[] => classNames.map((_, index) => Number(known![row]!.includes(index)));
  return {
    filenames: rows.map(row => names[row]!),
    paths: rows.map(row => paths[row]!),
    classes: rows.map(row => lowest(known?.[row] ?? [])),
    classNames,
    targets: numbers ? rows.map(row => numbers[row]!) : isSeveral ? rows.map(khot) : undefined,
    weights: weights && rows.map(row => weights[row]!),
    invalid,
    notes: [
      ...(options.classes?.length && !labels ? [`\`classes\` will be ignored given the class_mode="${classMode ?? 'None'}"`] : []),
      ...(invalid.length > 0 ? [invalidWarning(invalid.length, xCol)] : []),
      ...labelNotes(classNames),
      ...(labels && !isSeveral ? contradictions(rows.map(row => [names[row]!, labels[row]![0]!])) : []),
    ],
  };
}

function whyNone([first]: readonly string[], { classes = [], directory, xCol = 'filename' }: ListingOptions): string {
  if (first === undefined) return `none has a label of classes: ${classes.map(plain).join(', ')}`;
  return `the first: ${first}. Wanted files, in column '${plain(xCol)}', that lie in ${directory || 'the working folder'}`;
}

const lowest = (indices: readonly number[]): number => (indices.length === 0 ? 0 : Math.min(...indices));

/** Keras' words. */
const invalidWarning = (count: number, xCol: string): string =>
  `Found ${count} invalid image filename(s) in x_col="${plain(xCol)}". These filename(s) will be ignored.`;

/** What to say of classes that are told apart by spaces, or are named as what is missing. */
function labelNotes(classNames: readonly string[]): string[] {
  const missing = classNames
    .filter(name => MISSING.has(name))
    .map(name => `Class '${plain(name)}' is a class like others: where it means that a label is missing, leave its rows out.`);
  const bare = new Map<string, string[]>();
  for (const name of classNames) bare.set(name.trim(), [...(bare.get(name.trim()) ?? []), name]);
  const spaced = [...bare.values()]
    .filter(names => names.length > 1)
    .map(names => `Classes ${names.map(name => `'${plain(name)}'`).join(', ')} differ only by spaces around them.`);
  return [...missing, ...spaced];
}

/** What to say of files that are in rows of different classes. */
function contradictions(rows: readonly (readonly [file: string, label: string])[]): string[] {
  const labels = new Map<string, Set<string>>();
  for (const [file, label] of rows) labels.set(file, (labels.get(file) ?? new Set()).add(label));
  const several = [...labels].filter(([, own]) => own.size > 1);
  const [first] = several;
  if (!first) return [];
  const [file, own] = first;
  const count = several.length === 1 ? '1 file is' : `${several.length} files are`;
  return [
    `${count} in rows of different classes, each of which counts as an image; the first: '${plain(file)}' (${[...own].map(plain).join(', ')}).`,
  ];
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
      if (file?.isFile()) return undefined;
      return sep === '/' && path.includes('\\') ? "is not a file: folders are separated by '/' here" : 'is not a file';
    });
    found.push(...(await Promise.all(some)));
  }
  return found;
}
