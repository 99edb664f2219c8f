import { type ListingOptions, listTable } from '../data/dataframe.js';
import { listFolder } from '../data/folder.js';
import { readTable } from '../data/table.js';

/** Where labels are, if not in the names of subfolders. */
export interface LabelOptions {
  /** A table's file: see readTable(). */
  readonly labels?: string | undefined;
  readonly fileColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
}

/** How the table of a folder's labels is read. */
export const columnsOf = (folder: string, { fileColumn, labelColumn }: LabelOptions) =>
  ({ directory: folder, xCol: fileColumn, yCol: labelColumn }) satisfies ListingOptions;

/** The classes and images of a folder, by the table of its labels or its subfolders. */
export async function listLabelled(
  folder: string,
  options: LabelOptions,
): Promise<{ readonly classNames: readonly string[]; readonly filenames: readonly string[] }> {
  if (options.labels !== undefined) return listTable(await readTable(options.labels), columnsOf(folder, options));
  if (options.fileColumn !== undefined || options.labelColumn !== undefined) {
    throw new Error('--file-column and --label-column name columns of a table: give it by --labels, too');
  }
  return listFolder(folder);
}
