import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readReason } from '../node/errors.js';
import { nameFromBytes, pathToOpen } from '../node/names.js';
import { byCodePoints } from './code_points.js';
import { plain } from './plain.js';

/** Endings that Keras takes for images, with a dot before them or not. Files are then read by what they hold. */
const EXTENSIONS = ['png', 'jpg', 'jpeg', 'bmp', 'ppm', 'tif', 'tiff'];

/** Whether Keras takes a file of this name for an image. */
export const isImageName = (name: string): boolean => EXTENSIONS.some(extension => name.toLowerCase().endsWith(extension));

/** A folder of classes, listed as Keras lists it. */
export interface ListedFolder {
  /** A class' place in this list is its index: sorted by code points, or as they were asked for. */
  readonly classNames: readonly string[];
  /** class/…/name of each image, with the system's separator, and its class' index. */
  readonly filenames: readonly string[];
  readonly classes: readonly number[];
  /** Files beside the images, whose endings are none of EXTENSIONS. */
  readonly ignored: number;
}

export interface FolderOptions {
  /** Which classes, in which order; default, also where it is empty, all subfolders, sorted. */
  readonly classes?: readonly string[] | undefined;
  readonly followLinks?: boolean | undefined;
}

/**
 * The images of a folder that has one subfolder per class, in Keras' order: classes by name, in each its folders by path and in these the files by name.
 * Source: keras/preprocessing/image.py, _list_valid_filenames_in_directory
 */
export async function listFolder(folder: string, { classes: wanted, followLinks = false }: FolderOptions = {}): Promise<ListedFolder> {
  const names = wanted?.length ? wanted : await subfolders(folder);
  checkNames(names);
  if (names.length === 0) throw new Error(`${folder} has no subfolders: make one for each class and put its images there`);
  const filenames: string[] = [];
  const classes: number[] = [];
  let ignored = 0;
  for (const [index, name] of names.entries()) {
    const folders = await walk(join(folder, name), name, followLinks);
    folders.sort((a, b) => byCodePoints(a.path, b.path));
    const all = folders.flatMap(({ path, files }) => files.map(file => join(path, file)));
    const images = all.filter(isImageName);
    ignored += all.length - images.length;
    filenames.push(...images);
    classes.push(...images.map(() => index));
  }
  return { classNames: names, filenames, classes, ignored };
}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === '') throw new Error('classes: a name in the list is empty; wanted names of subfolders');
    if (seen.has(name)) throw new Error(`classes: '${plain(name)}' is in the list twice; wanted each class once`);
    seen.add(name);
  }
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

async function entries(folder: string): Promise<Entry[]> {
  try {
    const found = await readdir(pathToOpen(folder), { withFileTypes: true, encoding: 'buffer' });
    return await Promise.all(
      found.map(async entry => {
        const name = nameFromBytes(entry.name);
        const isLink = entry.isSymbolicLink();
        const to = isLink ? await stat(pathToOpen(join(folder, name))).catch(() => undefined) : entry;
        return { name, isLink, isFolder: to?.isDirectory() ?? false };
      }),
    );
  } catch (error) {
    const isFile = (error as NodeJS.ErrnoException).code === 'ENOTDIR';
    const reason = isFile ? 'it is a file, wanted a folder with one subfolder per class' : readReason(error);
    throw new Error(`cannot read the folder ${plain(folder)}: ${reason}`, { cause: error });
  }
}

async function subfolders(folder: string): Promise<string[]> {
  const found = await entries(folder);
  return found
    .filter(({ isFolder }) => isFolder)
    .map(({ name }) => name)
    .sort(byCodePoints);
}

/** A class' folder and those inside it, each with its files in order; `path` begins with the class' name. */
async function walk(folder: string, path: string, followLinks: boolean): Promise<{ path: string; files: string[] }[]> {
  const files: string[] = [];
  const inner: { path: string; files: string[] }[] = [];
  for (const { name, isFolder, isLink } of await entries(folder)) {
    if (!isFolder) files.push(name);
    else if (!isLink || followLinks) inner.push(...(await walk(join(folder, name), join(path, name), followLinks)));
  }
  return [{ path, files: files.sort(byCodePoints) }, ...inner];
}
