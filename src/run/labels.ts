import { type Listing, listTable } from '../data/dataframe.js';
import { listFolder } from '../data/folder.js';
import { readTable } from '../data/table.js';
import { note } from '../nn/notes.js';

/** Where labels are, if not in the names of subfolders. */
export interface LabelOptions {
  /** A table's file: see readTable(). */
  readonly labels?: string | undefined;
  readonly fileColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
}

/** The classes and images of a folder. */
export interface ListedImages {
  readonly classNames: readonly string[];
  readonly filenames: readonly string[];
  /** Where a table says them: they are read as they were listed, once. */
  readonly listing?: Listing | undefined;
}

/** Files that a note names. */
const MOST_INVALID = 3;

/** The classes and images of a folder, by the table of its labels or its subfolders. Says what of a table is left out. Throws where it has lists of labels. */
export async function listLabelled(folder: string, { labels, fileColumn, labelColumn }: LabelOptions): Promise<ListedImages> {
  if (labels === undefined) {
    if (fileColumn === undefined && labelColumn === undefined) return listFolder(folder);
    throw new Error('--file-column and --label-column name columns of a table: give it by --labels, too');
  }
  const listing = await listTable(await readTable(labels), { directory: folder, xCol: fileColumn, yCol: labelColumn });
  const { classNames, filenames, targets, notes, invalid } = listing;
  if (targets) throw new Error(`${labels} has lists of labels: wanted one label for each image`);
  for (const each of notes) note(`${labels}: ${each}`);
  for (const each of invalid.slice(0, MOST_INVALID)) note(`  ${each}`);
  if (invalid.length > MOST_INVALID) note(`  and ${invalid.length - MOST_INVALID} more`);
  return { classNames, filenames, listing };
}

/** The images with their classes in another order, which may have more. */
export function inClassOrder(listed: Listing, classNames: readonly string[]): Listing {
  const indices = listed.classNames.map(name => classNames.indexOf(name));
  return { ...listed, classNames, classes: listed.classes.map(index => indices[index]!) };
}
